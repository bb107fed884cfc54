"""Workers are killed and connections cut: every job ends once, nothing is left behind, and no process exits."""

from __future__ import annotations

import asyncio
import signal
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
KILLS, SECONDS = 3, 0.3  # a lease lasts 6 s
LONG = 1.0  # seconds of a job that is stopped in the middle
carriers = pytest.mark.parametrize("carrier", ["local", "procrastinate"])


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


async def let_leases_run_out(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE jobs SET until = now() - interval '1 second' WHERE status = 'running'"))


async def ends_of(engine: AsyncEngine) -> tuple[list[str], int]:
    """Return the names of the subjects whose jobs have ended, an x for each end, and how many jobs the engine has."""
    async with transactions(engine).read() as session:
        ends = list(await session.scalars(select(Person.name).where(Person.id.in_(SUBJECTS), Person.name != "")))
        return ends, int(await session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) or 0)


@carriers
async def test_a_stopped_worker_whose_successor_is_killed_ends_the_job_once(
    engine: AsyncEngine, empty_postgres: str, carrier: str
) -> None:
    """The first worker goes on when its successor is dead: only the fence knows that its result does not count."""
    url = "local" if carrier == "local" else empty_postgres.replace("+psycopg", "")
    queue = open_queue(url, engine, STUBS, News(engine))
    await ask(engine, queue, [1], SUBJECTS[:1])

    async def until(attempts: int) -> None:
        while (await queue.jobs(SUBJECTS[:1]))[0].attempts < attempts:
            await queue.watch(0.05)

    async with asyncio.timeout(HANG), AsyncExitStack() as stack:
        stopped = await stack.enter_async_context(crew(empty_postgres, url, seconds=LONG))
        await until(1)
        stopped.send_signal(signal.SIGSTOP)
        async with crew(empty_postgres, url, seconds=HANG) as successor:
            await let_leases_run_out(engine)
            await until(2)
            successor.kill()
            await successor.wait()
        stopped.send_signal(signal.SIGCONT)
        await let_leases_run_out(engine)
        while any((await queue.counts()).values()):
            await queue.watch(0.05)
    assert await ends_of(engine) == (["x"], 0)
    (job,) = await queue.jobs(SUBJECTS[:1])
    assert (job.status, job.attempts) == (Status.DONE, 3)


@carriers
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
    assert await ends_of(engine) == (["x"] * len(SUBJECTS), 0)
