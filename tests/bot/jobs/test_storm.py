"""Workers are killed and connections cut: every job ends once, nothing is left behind, and no process exits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from random import Random

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database, transactions
from storage.jobs.news import News
from storage.jobs.opening import open_queue
from storage.models import Person, Status
from tests.support.crew import STUBS, ask, crew
from tests.support.limits import HANG
from tests.support.rows import add_people

PEOPLE, SUBJECTS = range(1, 5), range(100, 132)
KILLS, SECONDS = 3, 0.3  # a worker takes 2 s to start, and its lease lasts 6 s


@pytest.fixture
async def engine(empty_postgres: str) -> AsyncIterator[AsyncEngine]:
    engine = await open_database(empty_postgres)
    await add_people(engine, *PEOPLE)
    yield engine
    await engine.dispose()


async def cut_all(engine: AsyncEngine) -> None:
    """End all connections to the database, as a restart of PostgreSQL does."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    async with engine.connect() as connection:
        await connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))


@pytest.mark.parametrize("carrier", ["local", "procrastinate"])
async def test_every_job_ends_once_whatever_is_killed(engine: AsyncEngine, empty_postgres: str, carrier: str) -> None:
    dice, url = Random(7), "local" if carrier == "local" else empty_postgres.replace("+psycopg", "")
    queue = open_queue(url, engine, STUBS, News(engine))
    await ask(engine, queue, PEOPLE, SUBJECTS)
    async with asyncio.timeout(HANG), AsyncExitStack() as stack:
        crews = [await stack.enter_async_context(crew(empty_postgres, url, seconds=SECONDS)) for _ in range(2)]
        killed = 0
        while any((counts := await queue.counts()).values()):
            if killed < KILLS and counts[Status.RUNNING]:
                await asyncio.sleep(dice.random() * SECONDS)
                victim = dice.randrange(len(crews))
                crews[victim].kill()
                crews[victim] = await stack.enter_async_context(crew(empty_postgres, url, seconds=SECONDS))
                killed += 1
                await cut_all(engine)
            await queue.watch(0.1)
        assert [process.returncode for process in crews] == [None, None]
    assert killed
    async with transactions(engine).read() as session:
        ends = list(await session.scalars(select(Person.name).where(Person.id.in_(SUBJECTS))))
        assert ends == ["x"] * len(SUBJECTS)
        assert await session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
