"""A step that starts from a master just when that is deleted stays, or goes with it, and leaves no job behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.cleanup.retention import Retention
from storage.database import transactions
from storage.expansions import Store
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.submit import begin
from storage.models import Expansion, Job, Photo, now
from storage.people.people import People
from tests.support.limits import HANG
from tests.support.rows import ANN, BOB, expansion, make, photo

MONTH = timedelta(days=30)

Deletion = Callable[[AsyncEngine, Expansion], Awaitable[object]]


@pytest.fixture
def url(postgres: str) -> str:
    """A database that has several writers, unlike SQLite."""
    return postgres


async def by_its_maker(engine: AsyncEngine, old: Expansion) -> None:
    await Store(engine).delete_expansion(old.id)


async def by_its_age(engine: AsyncEngine, old: Expansion) -> None:
    async with transactions(engine).write() as session:
        for row in (Expansion, Photo):
            await session.execute(update(row).values(created_at=now() - 2 * MONTH))
    await Retention(engine, MONTH).sweep(now())


async def waits(engine: AsyncEngine) -> None:
    """Wait until a transaction waits for another."""
    locks = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(HANG), engine.connect() as connection:
        while True:
            if await connection.scalar(locks):
                return
            await asyncio.sleep(0.01)  # PostgreSQL tells nobody


async def made_by_ann(store: Store, queue: EmbeddedQueue) -> Expansion:
    return await make(store, queue, await store.photos.add(photo(ANN, chat_id=ANN, message_id=5)))


@asynccontextmanager
async def starting(engine: AsyncEngine, old: Expansion) -> AsyncIterator[Expansion]:
    """Start Bob's next step from a master in a transaction that is committed after the block."""
    assert old.result is not None
    async with transactions(engine).write() as session:
        step = expansion(old.result, BOB)
        assert await begin(session, [step], None, None, None, 0, {})
        yield step


@pytest.mark.parametrize("deletes", [by_its_maker, by_its_age])
async def test_a_master_from_which_a_step_is_just_starting_stays(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, deletes: Deletion
) -> None:
    old = await made_by_ann(store, queue)
    async with starting(engine, old) as step:
        deleting = asyncio.ensure_future(deletes(engine, old))
        await waits(engine)
    await deleting
    async with transactions(engine).read() as session:
        assert await session.get(Photo, old.result_id) is not None
        assert list(await session.scalars(select(Expansion.id))) == [step.id]
        assert await session.scalar(select(func.count()).where(Job.subject == step.id)) == 1


async def test_forgetting_takes_a_step_that_is_just_starting_with_it_and_tells_who_started_it(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue
) -> None:
    async with starting(engine, await made_by_ann(store, queue)) as step:
        forgetting = asyncio.ensure_future(People(engine).forget(ANN))
        await waits(engine)
    forgotten = await forgetting
    assert [late.id for late in forgotten.others[BOB]] == [step.id]
    async with transactions(engine).read() as session:
        for row in (Photo, Expansion, Job):
            assert await session.scalar(select(func.count()).select_from(row)) == 0
