"""SQLite as the database: what a cancelled transaction leaves behind."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import POOL, open_database, transactions
from storage.sqlite import CHUNK

STEPS = 80  # turns of the event loop, more than the transaction below needs


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'small.db'}")
    async with transactions(database).write() as session:
        await session.execute(text("CREATE TABLE words (word TEXT)"))
    yield database
    await database.dispose()


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Keep what a traceback refers to, as it happens until the next garbage collection."""
    gc.disable()
    yield
    gc.enable()


def may_write(database: AsyncEngine) -> bool:
    """Return whether another connection gets the write lock."""
    with closing(sqlite3.connect(database.url.database or "", timeout=0.3, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


async def test_a_connection_that_is_closed_in_a_transaction_keeps_no_lock(database: AsyncEngine) -> None:
    connection = await database.execution_options(writing=True).connect()
    await connection.execute(text("INSERT INTO words VALUES ('a'), ('b')"))
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    rows = await driver.execute("SELECT word FROM words")
    assert not may_write(database)
    await driver.close()
    assert may_write(database)
    del rows
    await connection.invalidate()
    await connection.close()


async def cancelled_after(steps: int, work: Coroutine[None, None, None]) -> None:
    """Begin work, and cancel it after so many turns of the event loop."""
    task = asyncio.create_task(work)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})


async def test_a_transaction_may_be_cancelled_at_any_moment(database: AsyncEngine, uncollected: None) -> None:
    write = transactions(database).write

    async def work() -> None:
        async with write() as session:
            for word in "abc":
                added = text("INSERT INTO words VALUES (:word) RETURNING word")
                assert await session.scalar(added, {"word": word}) == word

    for steps in range(1, STEPS):
        await cancelled_after(steps, work())
        assert may_write(database), steps


async def test_long_answers_come_in_parts_and_an_unread_rest_keeps_no_lock(database: AsyncEngine) -> None:
    numbers = list(range(2 * CHUNK + 7))
    async with transactions(database).write() as session:
        added = text("INSERT INTO words VALUES (:word)")
        await session.execute(added, [{"word": f"{number:05}"} for number in numbers])
    query = text("SELECT CAST(word AS INTEGER) FROM words ORDER BY word")
    async with database.connect() as connection:
        assert list(await connection.scalars(query)) == numbers
        parts = (await connection.stream(query)).scalars().partitions(300)
        assert [number async for part in parts for number in part] == numbers
        rest = await connection.stream(query)
        assert (await rest.fetchone()) == (0,)
        await rest.close()
    assert may_write(database)
    async with transactions(database).write() as session:
        gone = await session.execute(text("DELETE FROM words RETURNING word"))
        assert len(gone.all()) == len(numbers)


def nothing_reads(database: AsyncEngine) -> bool:
    """Return whether the whole write-ahead log can be written back, which waits for everybody who reads."""
    with closing(sqlite3.connect(database.url.database or "", timeout=0.3, isolation_level=None)) as other:
        busy, _pages, _written = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return bool(busy == 0)


async def test_a_reader_may_be_cancelled_at_any_moment(database: AsyncEngine, uncollected: None) -> None:
    write, read = transactions(database).write, transactions(database).read

    async def work() -> None:
        async with read() as session:
            for _ in range(3):
                await session.scalar(text("SELECT count(*) FROM words"))

    for steps in range(1, STEPS):
        async with write() as session:
            await session.execute(text("INSERT INTO words VALUES ('a')"))
        await cancelled_after(steps, work())
        assert nothing_reads(database), steps


class Counted:
    """The queue of a connection's thread, and how often something was put into it."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self.calls = 0

    def put_nowait(self, call: object) -> None:
        self.calls += 1
        self._queue.put_nowait(call)


async def driver_of(database: AsyncEngine) -> Any:
    """Return the driver's connection that the next session gets."""
    async with database.connect() as connection:
        return (await connection.get_raw_connection()).driver_connection


async def test_a_transaction_costs_one_call_for_each_statement_and_one_for_its_end(database: AsyncEngine) -> None:
    driver = await driver_of(database)
    driver._tx = counted = Counted(driver._tx)
    async with transactions(database).read() as session:
        await session.scalar(text("SELECT count(*) FROM words"))
    assert counted.calls == 2
    async with transactions(database).write() as session:
        await session.execute(text("INSERT INTO words VALUES ('a')"))
        await session.execute(text("INSERT INTO words VALUES ('b')"))
    assert counted.calls == 2 + 3
    async with transactions(database).write() as session:
        await session.connection()
    assert counted.calls == 2 + 3  # nothing was sent, so there is nothing to end


async def test_a_transaction_that_did_not_end_ends_before_the_next_begins(database: AsyncEngine) -> None:
    driver = await driver_of(database)
    async with transactions(database).read() as session:
        await session.scalar(text("SELECT count(*) FROM words"))
    await driver.execute("BEGIN IMMEDIATE")
    async with transactions(database).read() as session:
        assert await session.scalar(text("SELECT count(*) FROM words")) == 0
    assert may_write(database)


async def test_a_reader_keeps_its_snapshot(database: AsyncEngine) -> None:
    count = text("SELECT count(*) FROM words")
    async with transactions(database).read() as session:
        assert await session.scalar(count) == 0
        async with transactions(database).write() as writer:
            await writer.execute(text("INSERT INTO words VALUES ('a')"))
        assert await session.scalar(count) == 0
    async with transactions(database).read() as session:
        assert await session.scalar(count) == 1


async def test_many_readers_share_few_connections(database: AsyncEngine) -> None:
    opened = []
    event.listen(database.sync_engine, "connect", lambda *connection: opened.append(connection))

    async def count() -> None:
        async with transactions(database).read() as session:
            await session.scalar(text("SELECT count(*) FROM words"))

    await asyncio.gather(*(count() for _ in range(8 * POOL)))
    assert len(opened) < POOL  # one was open before


async def test_after_a_beginning_that_failed_nothing_is_written_outside_a_transaction(database: AsyncEngine) -> None:
    driver = await driver_of(database)
    await driver.execute("PRAGMA busy_timeout = 1")
    insert = text("INSERT INTO words VALUES (:word)")
    async with transactions(database).write() as session:
        with closing(sqlite3.connect(database.url.database or "", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(OperationalError, match="locked"):
                await session.execute(insert, {"word": "refused"})
        await session.execute(insert, {"word": "undone"})
        await session.rollback()
    async with transactions(database).read() as session:
        assert await session.scalar(text("SELECT count(*) FROM words")) == 0
