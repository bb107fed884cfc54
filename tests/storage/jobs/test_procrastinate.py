"""What Procrastinate carries agrees with the rows, whatever was killed or deleted in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from storage.expansions import Store
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.expansions import EXPANSIONS
from storage.jobs.news import News
from storage.jobs.opening import open_queue
from storage.jobs.procrastinate import ByProcrastinate
from storage.jobs.queue import Beat, QueueUnavailable
from storage.models import Photo, Status
from tests.support.databases import sqlite_in
from tests.support.rows import ANN, BOB, add_people, expansion, photo, start

NEVER = 10**9.0  # seconds: the first look sweeps, and no other


@pytest.fixture
async def engine(empty_postgres: str) -> AsyncIterator[AsyncEngine]:
    engine = await open_database(empty_postgres)
    await add_people(engine)
    yield engine
    await engine.dispose()


@pytest.fixture
def store(engine: AsyncEngine) -> Store:
    return Store(engine)


@pytest.fixture
async def source(store: Store) -> Photo:
    return await store.photos.add(photo(chat_id=ANN, message_id=5))


def carried(engine: AsyncEngine, sweep: float, lease: timedelta = timedelta(hours=1)) -> EmbeddedQueue:
    return EmbeddedQueue(engine, EXPANSIONS, News(engine), lease, ByProcrastinate(EXPANSIONS, sweep))


@pytest.fixture
async def queue(engine: AsyncEngine) -> EmbeddedQueue:
    """A queue that never sweeps any more."""
    queue = carried(engine, NEVER)
    assert await queue.take("worker") is None
    return queue


async def tickets(engine: AsyncEngine) -> list[tuple[str, int]]:
    """Return the status and the priority of the engine's jobs, in its order."""
    async with engine.connect() as connection:
        asked = "SELECT status::text, priority FROM procrastinate_jobs ORDER BY priority DESC, id"
        return [(status, priority) for status, priority in await connection.execute(text(asked))]


async def run_sql(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def test_a_ticket_lives_as_long_as_its_job(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    rows = [await start(store, source, who) for who in (ANN, ANN, BOB)]
    assert await queue.take("worker") is None
    await queue.put([row.id for row in rows])
    await queue.put([row.id for row in rows])
    assert await tickets(engine) == [("todo", 0), ("todo", 0), ("todo", -1)]
    job = await queue.take("worker")
    assert job is not None
    assert (await tickets(engine))[0] == ("doing", 0)
    await queue.release(job)
    assert await tickets(engine) == [("todo", 0), ("todo", 0), ("todo", -1)]
    again = await queue.take("worker")
    assert again is not None
    assert (again.subject, again.ticket) == (job.subject, job.ticket)
    assert await queue.finish(again, Status.DONE)
    assert await tickets(engine) == [("todo", 0), ("todo", -1)]


async def test_a_stopped_worker_that_goes_on_takes_nothing_from_its_successor(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    """With Procrastinate's own worker, the first one deleted the engine's job, and nobody knew when the second died."""
    row = await start(store, source)
    await queue.put([row.id])
    stopped = await carried(engine, NEVER, timedelta(0)).take("stopped")
    assert stopped is not None
    successor = await carried(engine, NEVER, timedelta(0)).take("successor")
    assert successor is not None
    assert await queue.beat(stopped) is Beat.LOST
    assert not await queue.finish(stopped, Status.DONE)
    assert [status for status, _ in await tickets(engine)] == ["doing"]
    third = await queue.take("third")  # the successor was killed
    assert third is not None
    assert (third.subject, third.attempts) == (row.id, 3)
    assert await queue.finish(third, Status.DONE)
    assert await tickets(engine) == []


async def test_a_program_killed_before_it_put_a_job_loses_nothing(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    row = await start(store, source)
    assert await queue.take("worker") is None
    job = await carried(engine, 0).take("another program's worker")
    assert job is not None
    assert job.subject == row.id


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM procrastinate_jobs",
        "UPDATE procrastinate_jobs SET status = 'cancelled'",
        "UPDATE procrastinate_jobs SET status = 'doing' WHERE priority = 0",
        "UPDATE jobs SET ticket = 404",
    ],
    ids=["deleted", "cancelled", "held", "unknown"],
)
async def test_what_an_operator_does_to_the_engine_is_repaired(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo, damage: str
) -> None:
    rows = [await start(store, source, who) for who in (ANN, ANN, BOB)]
    await queue.put([row.id for row in rows])
    await run_sql(engine, damage)
    sweeping = carried(engine, 0)
    ran = []
    while job := await sweeping.take("worker"):
        ran.append(job.subject)
        assert await sweeping.finish(job, Status.DONE)
    assert ran == [rows[0].id, rows[2].id, rows[1].id]
    assert await tickets(engine) == []


async def test_a_ticket_deleted_under_a_running_job_does_not_stop_it(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    row = await start(store, source)
    await queue.put([row.id])
    job = await queue.take("worker")
    assert job is not None
    await run_sql(engine, "DELETE FROM procrastinate_jobs")
    assert await queue.finish(job, Status.DONE)


async def test_a_cancelled_job_does_not_block_its_person(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    first, second = [await start(store, source) for _ in range(2)]
    await queue.put([first.id, second.id])
    assert await queue.cancel(first.id)
    job = await queue.take("worker")
    assert job is not None
    assert job.subject == second.id
    assert len(await tickets(engine)) == 1


async def test_a_deleted_job_leaves_no_ticket(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    row = await start(store, source)
    await queue.put([row.id])
    assert await queue.take("worker") is not None
    await run_sql(engine, "DELETE FROM jobs")
    other = await start(store, source)
    await carried(engine, 0).put([other.id])
    job = await carried(engine, 0).take("worker")
    assert job is not None
    assert job.subject == other.id


async def test_urgent_jobs_come_first_and_the_priority_fits_the_engine(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    late = await start(store, source, ANN)
    await run_sql(engine, "UPDATE jobs SET turn = 999999999")
    urgent = await start(store, source, BOB, priority=1)
    await queue.put([late.id, urgent.id])
    assert await tickets(engine) == [("todo", 10**9), ("todo", -999_999_999)]


async def test_an_unplaced_job_has_no_ticket(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    (row,) = await store.start([expansion(source)], quota=None) or ()
    await queue.put([row.id])
    assert await tickets(engine) == []


async def test_the_queue_is_in_the_database_itself(engine: AsyncEngine) -> None:
    own = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    assert isinstance(open_queue(own, engine, EXPANSIONS), EmbeddedQueue)
    for url, said in [
        ("postgresql://somebody:secret@elsewhere/kuotu", r"elsewhere:5432/kuotu, but KUOTU_DATABASE_URL names"),
        ("redis://somebody:secret@elsewhere", r"'elsewhere'.*KUOTU_QUEUE_URL=local"),
    ]:
        with pytest.raises(QueueUnavailable, match=said) as refused:
            open_queue(url, engine, EXPANSIONS)
        assert "secret" not in str(refused.value)
        assert "\n" not in str(refused.value)


async def test_the_queue_needs_postgresql(tmp_path: Path) -> None:
    small = await open_database(sqlite_in(tmp_path))
    with pytest.raises(QueueUnavailable, match="needs KUOTU_DATABASE_URL=postgresql"):
        open_queue("postgresql://somebody@here/kuotu", small, EXPANSIONS)
    await small.dispose()
