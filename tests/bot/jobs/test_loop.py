"""The worker loop, tested with a minimal third kind of job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.jobs.loop import Again, Ended, Loop, to_its_end
from inference.engine import Report
from storage.database import transactions
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.kinds import JobKind, Record
from storage.jobs.lease import ATTEMPTS, submit
from storage.jobs.queue import Queue
from storage.models import Job, Person, Status
from tests.support.limits import HANG
from tests.support.rows import ANN, add_people

# the kind of job: its subjects are people, and the end of a job replaces their name


async def _record_end(session: AsyncSession, job: Job) -> None:
    await session.execute(update(Person).where(Person.id == job.subject).values(name=job.status.value))


GREETINGS = JobKind(("greeting",), _record_end)

Work = Callable[[Job, Report], Awaitable[Ended]]


@dataclass
class Greeter:
    """Does what a test tells it to. `idle` says whether its engine does nothing."""

    queue: Queue
    do: Work
    idle: bool = False
    presets: Collection[str] = ()
    counter: Counter = field(
        default_factory=lambda: Counter("greetings", "By how they ended", ["status"], registry=CollectorRegistry())
    )

    async def work(self, job: Job, report: Report) -> Ended:
        return await self.do(job, report)


@dataclass
class Office:
    engine: AsyncEngine
    queue: EmbeddedQueue

    async def ask(self, person: int = ANN) -> None:
        async with transactions(self.engine).write() as session:
            await submit(session, Job(kind="greeting", subject=person, person_id=person))
        await self.queue.put([person])

    async def job(self) -> Job:
        (job,) = await self.queue.jobs([ANN])
        return job

    async def ends(self) -> Job:
        """Wait for the end of a job, as a serving program does."""
        async with asyncio.timeout(HANG):
            while (job := await self.job()).status.live:
                await self.queue.watch()
        return job

    async def told(self) -> str:
        async with transactions(self.engine).read() as session:
            return (await session.get_one(Person, ANN)).name


@pytest.fixture
async def office(engine: AsyncEngine) -> Office:
    await add_people(engine, ANN)
    return Office(engine, EmbeddedQueue(engine, GREETINGS))


@asynccontextmanager
async def working(craft: Greeter, **limits: float) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(Loop("worker", craft, **{"pulse": 0.02} | limits).run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def for_ever(job: Job, report: Report) -> Ended:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_third_kind_of_job_is_done_by_the_same_loop(office: Office) -> None:
    async def greet(job: Job, report: Report) -> Ended:
        report(0.5)
        while (await office.job()).progress < 0.5:
            await office.queue.watch()
        return Ended(Status.DONE)

    await office.ask()
    async with working(craft := Greeter(office.queue, greet)):
        ended = await office.ends()
    assert (ended.status, ended.progress, ended.attempts, ended.owner) == (Status.DONE, 1.0, 1, None)
    assert await office.told() == "done"
    assert craft.counter.labels("done")._value.get() == 1


async def test_what_is_recorded_is_written_with_the_end_or_not_at_all(office: Office) -> None:
    undone = asyncio.Event()

    async def undo() -> None:
        undone.set()

    async def rename(session: AsyncSession) -> None:
        await session.execute(update(Person).where(Person.id == ANN).values(name="greeted"))

    async def lose() -> Ended:
        await office.queue.rescue(every_lease=True)  # another worker may take it now
        assert await office.queue.take("another") is not None
        return Ended(Status.DONE, record=rename, undo=undo)

    async def late(job: Job, report: Report) -> Ended:
        return await to_its_end(lose())

    await office.ask()
    async with working(craft := Greeter(office.queue, late)), asyncio.timeout(HANG):
        await undone.wait()
    assert craft.counter.labels("lost")._value.get() == 1
    assert await office.told() == "person 1"
    assert (await office.job()).owner == "another"


async def test_a_failed_try_is_repeated_as_often_as_allowed(office: Office) -> None:
    async def fail(job: Job, report: Report) -> Ended:
        raise Again("out of memory")

    await office.ask()
    async with working(Greeter(office.queue, fail)):
        ended = await office.ends()
    assert (ended.status, ended.attempts, ended.error) == (Status.FAILED, ATTEMPTS, "out of memory")
    assert await office.told() == "failed"


async def test_a_mistake_of_ours_is_a_failed_try_and_the_worker_goes_on(office: Office) -> None:
    async def stumble(job: Job, report: Report) -> Ended:
        raise ZeroDivisionError("never mind")

    await office.ask()
    async with working(Greeter(office.queue, stumble)) as task:
        ended = await office.ends()
        assert not task.done()
    assert (ended.status, ended.error) == (Status.FAILED, "never mind")


async def test_a_cancelled_job_leaves_its_engine(office: Office) -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def linger(job: Job, report: Report) -> Ended:
        begun.set()
        try:
            return await for_ever(job, report)
        finally:
            left.set()

    await office.ask()
    async with working(Greeter(office.queue, linger)):
        await begun.wait()
        assert await office.queue.cancel(ANN)
        assert (await office.ends()).status is Status.CANCELLED
        assert left.is_set()
    assert await office.told() == "cancelled"


async def test_a_worker_that_stops_gives_its_job_back(office: Office) -> None:
    begun = asyncio.Event()

    async def linger(job: Job, report: Report) -> Ended:
        begun.set()
        return await for_ever(job, report)

    await office.ask()
    async with working(Greeter(office.queue, linger)):
        await begun.wait()
    job = await office.job()
    assert (job.status, job.attempts, job.owner) == (Status.WAITING, 0, None)


async def test_a_worker_that_stops_while_an_end_is_recorded_stops_after_that(office: Office) -> None:
    """Otherwise the picture was lost, or its end was claimed for a watcher that never heard of it."""
    recording, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(session: AsyncSession) -> None:
        recording.set()
        await go_on.wait()

    async def greet(job: Job, report: Report) -> Ended:
        return Ended(Status.DONE, record=slowly)

    assert await office.queue.claim_ended("server", 9) == []
    await office.ask()
    async with working(craft := Greeter(office.queue, greet)) as task, asyncio.timeout(HANG):
        await recording.wait()
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.wait({task})
        assert task.cancelled()
    assert [(job.subject, job.status) for job in await office.queue.claim_ended("server", 9)] == [(ANN, Status.DONE)]
    assert craft.counter.labels("done")._value.get() == 1


async def test_a_worker_that_is_stopped_twice_does_not_wait_for_the_database(office: Office) -> None:
    recording = asyncio.Event()

    async def never(session: AsyncSession) -> None:
        recording.set()
        await asyncio.Event().wait()

    async def greet(job: Job, report: Report) -> Ended:
        return Ended(Status.DONE, record=never)

    await office.ask()
    async with working(Greeter(office.queue, greet)) as task, asyncio.timeout(HANG):
        await recording.wait()
        task.cancel()
        for _ in range(3):
            await asyncio.sleep(0)
        assert not task.done()
        task.cancel()
        await asyncio.wait({task})
    assert (await office.job()).status is Status.RUNNING


async def test_a_job_whose_engine_does_nothing_is_ended(office: Office) -> None:
    """If the engine's answer was lost, the lease would otherwise be renewed for ever."""
    await office.ask()
    async with working(Greeter(office.queue, for_ever, idle=True), idle=0.05):
        ended = await office.ends()
    assert (ended.status, ended.attempts) == (Status.FAILED, ATTEMPTS)
    assert "did nothing" in (ended.error or "")


async def test_a_job_whose_engine_works_is_let_be(office: Office) -> None:
    beats = 0

    async def work(job: Job, report: Report) -> Ended:
        nonlocal beats
        for beats in range(1, 20):
            report(beats / 20)
            while (await office.job()).progress < beats / 20:
                await office.queue.watch()
        return Ended(Status.DONE)

    await office.ask()
    async with working(Greeter(office.queue, work), idle=0.0):
        assert (await office.ends()).status is Status.DONE
    assert beats == 19


async def test_a_lease_is_renewed_while_there_is_no_progress(office: Office) -> None:
    short = EmbeddedQueue(office.engine, GREETINGS, lease=timedelta(seconds=2))

    async def slow(job: Job, report: Report) -> Ended:
        first = (await office.job()).until
        while (await office.job()).until == first:
            continue
        return Ended(Status.DONE)

    await office.ask()
    async with working(Greeter(short, slow), lease_kept=0.0):
        assert (await office.ends()).status is Status.DONE


async def test_a_loop_that_is_told_to_finish_ends_after_the_job_in_hand(office: Office) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def work(job: Job, report: Report) -> Ended:
        begun.set()
        await may_end.wait()
        return Ended(Status.DONE)

    await office.ask()
    loop = Loop("worker", Greeter(office.queue, work), pulse=0.02)
    running = asyncio.create_task(loop.run())
    await begun.wait()
    finishing = asyncio.create_task(loop.finish())
    await asyncio.sleep(0)
    assert not finishing.done()
    may_end.set()
    await finishing
    await running
    assert (await office.job()).status is Status.DONE
    await office.ask()
    assert (await office.job()).status is Status.WAITING


async def test_a_loop_that_drains_ends_when_nothing_waits(office: Office) -> None:
    async def work(job: Job, report: Report) -> Ended:
        return Ended(Status.DONE)

    await office.ask()
    loop = Loop("worker", Greeter(office.queue, work), drain=True, pulse=0.02)
    async with asyncio.timeout(HANG):
        await loop.run()
    assert loop.ended.is_set()
    assert (await office.job()).status is Status.DONE


class Flaky(EmbeddedQueue):
    """A queue whose database fails at the first call of each method."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine, GREETINGS)
        self._asked: set[str] = set()

    def _ask(self, what: str) -> None:
        if what not in self._asked:
            self._asked.add(what)
            raise OperationalError("SELECT 1", {}, Exception("the server closed the connection"))

    async def take(self, owner: str, presets: Collection[str] = ()) -> Job | None:
        self._ask("take")
        return await super().take(owner, presets)

    async def finish(self, job: Job, status: Status, record: Record | None = None, error: str | None = None) -> bool:
        self._ask("finish")
        return await super().finish(job, status, record, error)


async def test_a_database_that_goes_away_costs_no_result(office: Office) -> None:
    painted = 0

    async def paint(job: Job, report: Report) -> Ended:
        nonlocal painted
        painted += 1
        return Ended(Status.DONE)

    await office.ask()
    async with working(Greeter(Flaky(office.engine), paint), away=0.01) as task:
        ended = await office.ends()
        assert not task.done()
    assert (ended.status, ended.attempts, painted) == (Status.DONE, 1, 1)
