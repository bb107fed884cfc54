"""Workers with a stub engine, in processes of their own that may be killed.

The subject of each job is a person whose name gets one more letter whenever the end of the job is recorded.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.hosting import this_program
from bot.jobs.loop import Ended, Loop
from inference.engine import Report
from storage.database import open_database, transactions
from storage.jobs.kinds import JobKind
from storage.jobs.lease import submit
from storage.jobs.news import News
from storage.jobs.opening import open_queue
from storage.jobs.queue import Queue
from storage.models import Job, Person, Status
from tests.support.forked import Forked, fork
from tests.support.limits import HANG
from tests.support.photos import ROOT


async def _record_end(session: AsyncSession, job: Job) -> None:
    await session.execute(update(Person).where(Person.id == job.subject).values(name=Person.name + "x"))


STUBS = JobKind(("stub",), _record_end, one_each=True)


@dataclass
class Sleeper:
    """Does a job by waiting."""

    queue: Queue
    seconds: float
    idle: bool = False
    presets: Collection[str] = ()
    counter: Counter = field(default_factory=lambda: Counter("stubs", "Ends", ["status"], registry=CollectorRegistry()))

    async def work(self, job: Job, report: Report) -> Ended:
        await asyncio.sleep(self.seconds)
        return Ended(Status.DONE)


@asynccontextmanager
async def crew(database: str, queue: str, workers: int = 1, seconds: float = 0.0) -> AsyncIterator[Forked]:
    """A program with some workers, which is killed at the end."""
    arguments = (database, queue, str(workers), str(seconds))
    process = await fork(*arguments, cwd=ROOT, env=os.environ, body=main)
    try:
        async with asyncio.timeout(HANG):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ask(engine: AsyncEngine, queue: Queue, people: Sequence[int], subjects: Sequence[int]) -> None:
    """Add a job for each subject. The people ask in turn."""
    jobs = [(subject, people[number % len(people)]) for number, subject in enumerate(subjects)]
    async with transactions(engine).write() as session:
        await session.execute(insert(Person), [{"id": subject, "name": ""} for subject in subjects])
        for turn, (subject, person) in enumerate(jobs):
            await submit(session, Job(kind="stub", subject=subject, person_id=person, turn=turn // len(people)))
    await queue.put(subjects)


async def main(database: str, queue: str, workers: str, seconds: str) -> None:
    """Run so many loops until the program is killed."""
    engine = await open_database(database, pool=3)
    news = News(engine)
    opened = open_queue(queue, engine, STUBS, news)
    loops = [Loop(f"{this_program()}:{number}", Sleeper(opened, float(seconds))) for number in range(int(workers))]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.gather(news.listen(), *(loop.run() for loop in loops))
