"""Programs notify each other on PostgreSQL, and renewing a lease is a HOT update."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from storage.expansions import Store
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.expansions import EXPANSIONS
from storage.jobs.news import CHAT, News
from storage.models import Job, Photo, Status
from tests.support.databases import sqlite_in
from tests.support.limits import HANG
from tests.support.rows import ANN, add_people, photo, queue_on, start


@pytest.fixture
async def database(empty_postgres: str) -> AsyncIterator[AsyncEngine]:
    engine = await open_database(empty_postgres)
    yield engine
    await engine.dispose()


@pytest.fixture
async def source(database: AsyncEngine) -> Photo:
    await add_people(database)
    return await Store(database).photos.add(photo(chat_id=ANN, message_id=5))


@asynccontextmanager
async def another_program(url: str) -> AsyncIterator[EmbeddedQueue]:
    """The queue of another program, which is notified and never looks by itself."""
    engine = await open_database(url)
    news = News(engine, look=2 * HANG)
    queue = EmbeddedQueue(engine, EXPANSIONS, news)
    async with waking(queue.watch()):  # a program that starts to listen rings once for earlier news
        listening = asyncio.create_task(news.listen())
    try:
        yield queue
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await engine.dispose()


@asynccontextmanager
async def waking(wait: Coroutine[None, None, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Check that a wait begins before the block, and ends after it."""
    waiting = asyncio.create_task(wait)
    await asyncio.sleep(0)
    yield waiting
    async with asyncio.timeout(HANG):
        await waiting


async def test_what_is_put_and_what_ended_is_heard_by_others(
    database: AsyncEngine, empty_postgres: str, source: Photo
) -> None:
    here, store = queue_on(database), Store(database)
    async with another_program(empty_postgres) as there:
        row = await start(store, source)
        async with waking(there.wait()):
            await here.put([row.id])
        assert await there.take("worker") is not None
        other = await start(store, source)
        async with waking(there.watch()):
            assert await here.cancel(other.id)


async def test_progress_is_news_for_watchers_alone(database: AsyncEngine, empty_postgres: str, source: Photo) -> None:
    here = queue_on(database)
    await start(Store(database), source)
    job = await here.take("worker")
    assert job is not None
    async with another_program(empty_postgres) as there, waking(there.wait()) as worker:
        async with waking(there.watch()):
            await here.beat(job, 0.5)
        assert not worker.done()
        await here.put([job.subject])


async def test_a_lost_connection_is_opened_again(database: AsyncEngine, empty_postgres: str) -> None:
    async with another_program(empty_postgres) as there:
        async with waking(there.watch()):  # it rings once it listens again
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN kuotu_jobs'"
            async with database.connect() as connection:
                await connection.execute(text(end))
        async with waking(there.watch()):
            await queue_on(database).put([1])


async def test_a_beat_is_a_hot_update(database: AsyncEngine, source: Photo) -> None:
    """It changes no indexed column, and the page has room, so only the row is written."""
    queue = queue_on(database)
    await start(Store(database), source)
    job = await queue.take("worker")
    assert isinstance(job, Job)
    before = await _updates(database)
    for step in range(20):
        await queue.beat(job, step / 20)
    after = await _updates(database)
    assert after[0] - before[0] == 20
    assert after[1] - before[1] == 20
    assert await queue.finish(job, Status.DONE)


async def _updates(engine: AsyncEngine) -> tuple[int, int]:
    """Return the number of all updates of jobs, and of HOT ones."""
    ask = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'jobs'"
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_stat_force_next_flush()"))
        await connection.commit()
        found = (await connection.execute(text(ask))).one()
        return int(found[0]), int(found[1])


async def heard_by(news: News, programs: int) -> None:
    """Wait until so many programs of a role are connected."""
    async with asyncio.timeout(HANG):
        while True:
            if await news.fellows() == programs:
                return
            await asyncio.sleep(0.01)  # connections are made and ended by the server, so there is nothing to wait for


async def test_programs_of_a_role_count_each_other_as_long_as_they_live(database: AsyncEngine) -> None:
    chats = [News(database, role=CHAT) for _ in range(3)]
    tasks = [asyncio.create_task(news.listen()) for news in [*chats, News(database)]]
    await heard_by(chats[0], 3)
    tasks[0].cancel()
    await heard_by(chats[1], 2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await heard_by(chats[2], 1)  # who asks lives, even while its connection is lost


async def test_the_programs_of_an_sqlite_database_are_not_counted(tmp_path: Path) -> None:
    engine = await open_database(sqlite_in(tmp_path))
    assert await News(engine, role=CHAT).fellows() == 1
    await engine.dispose()
