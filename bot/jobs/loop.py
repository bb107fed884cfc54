"""The loop of every worker: takes a job, renews its lease while it runs, and records its end.

It knows neither the kinds of jobs nor Telegram.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from inference.engine import Report
from storage.jobs.kinds import Record
from storage.jobs.queue import Beat, Queue
from storage.models import Job, Status

log = structlog.get_logger()

PULSE = 1.0  # seconds between two checks of a running job, and at least between two records of its progress
LEASE_KEPT = 2.0  # seconds after which a lease is renewed, even if there is no progress
IDLE = 60.0  # seconds that a job may run while its engine does nothing
STUBBORN = 30.0  # seconds that a cancelled job may take to end
AWAY = 1.0  # seconds until a query is repeated after a database outage
T = TypeVar("T")
OUTAGE = (SQLAlchemyError, OSError)


class Again(Exception):
    """An attempt failed, and another one may succeed. The text is for the operator."""


@dataclass(frozen=True)
class Ended:
    """How a job ended.

    `record` runs in the transaction that ends the job. `undo` runs if the end could not be recorded, because the lease
    was lost.
    """

    status: Status
    error: str | None = None
    record: Record | None = None
    undo: Callable[[], Awaitable[object]] | None = None


class Craft(Protocol):
    """The way the jobs of one kind are done."""

    @property
    def queue(self) -> Queue: ...
    @property
    def presets(self) -> Collection[str]:
        """The presets that it serves. Jobs that name others are left to others."""

    @property
    def counter(self) -> Counter:
        """Counts the jobs, labelled by how they ended."""

    @property
    def idle(self) -> bool:
        """Whether nothing is working on the current job."""

    async def work(self, job: Job, report: Report) -> Ended:
        """Do one job. Raises Again. When cancelled, it stops its engine before it returns."""


async def to_its_end(work: Awaitable[T]) -> T:
    """Await work that a cancellation must not interrupt, because that would leave blobs that no row names."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        return await task


async def before_it_stops(work: Awaitable[T]) -> T:
    """Await work that a first cancellation lets end before it is raised. A second one interrupts it."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


@dataclass
class Loop:
    """Takes jobs of one kind, one at a time. `name` is the owner of their leases.

    With `drain` it ends as soon as no job waits. `finish` lets it end after the job in hand.
    """

    name: str
    craft: Craft
    drain: bool = False
    pulse: float = PULSE
    lease_kept: float = LEASE_KEPT
    idle: float = IDLE
    away: float = AWAY
    ended: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _last: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Take and do jobs until cancelled. A database outage does not end the loop, so loaded models stay loaded."""
        while not self._last:
            try:
                await self._next()
            except OUTAGE as error:
                self._say_outage(error)
                await asyncio.sleep(self.away)
        self.ended.set()

    async def finish(self) -> None:
        """Take no new job, and return when the one in hand has ended: an idle loop ends at its next look."""
        self._last = True
        await self.ended.wait()

    async def _next(self) -> None:
        job = await self.craft.queue.take(self.name, self.craft.presets)
        if job is not None:
            await self._carry_out(job)
        elif self.drain and not (await self.craft.queue.counts(self.craft.presets))[Status.WAITING]:
            self._last = True
        else:
            await self.craft.queue.wait()

    async def _carry_out(self, job: Job) -> None:
        """Do one job and end it. The queue decides how often a failed job is tried again."""
        try:
            ended = await self._attended(job)
        except asyncio.CancelledError:
            with suppress(*OUTAGE):  # if this fails, the lease runs out
                await self.craft.queue.release(job)
            raise
        except Exception as error:
            facts = {"kind": job.kind, "subject": job.subject, "attempt": job.attempts}
            log.warning("job.failed", **facts, reason=str(error), exc_info=not isinstance(error, Again))
            await self.craft.queue.retry(job, str(error) or type(error).__name__)
        else:
            await before_it_stops(self._end(job, ended))

    async def _end(self, job: Job, ended: Ended | None) -> None:
        kept = ended is not None and await self._finished(job, ended)
        if ended is not None and ended.undo is not None and not kept:
            await ended.undo()
        status = ended.status.value if ended is not None and kept else "lost"
        self.craft.counter.labels(status).inc()
        log.info("job.ended", kind=job.kind, subject=job.subject, status=status, error=ended and ended.error)

    async def _finished(self, job: Job, ended: Ended) -> bool:
        """Record the end of a job, and repeat that until the database answers. The fence makes repetitions harmless."""
        while True:
            try:
                return await self.craft.queue.finish(job, ended.status, ended.record, ended.error)
            except OUTAGE as error:
                self._say_outage(error)
                await asyncio.sleep(self.away)

    async def _attended(self, job: Job) -> Ended | None:
        """Do a job while its lease is renewed. Returns None if the lease was lost. Raises Again."""
        reached = 0.0

        def report(fraction: float) -> None:
            nonlocal reached
            reached = fraction

        work = asyncio.create_task(self.craft.work(job, report))
        attending = asyncio.create_task(self._attend(job, lambda: reached))
        try:
            await asyncio.wait({work, attending}, return_when=asyncio.FIRST_COMPLETED)
            finished = work.done()
        finally:
            await self._stop(job, attending, work)
        if finished and work.cancelled():
            raise Again("the job ended its own task")
        if work.done() and not work.cancelled() and (finished or work.exception() is None):
            return work.result()  # it finished before it could be cancelled
        return Ended(Status.CANCELLED) if attending.result() is Beat.CANCEL else None

    async def _stop(self, job: Job, *tasks: asyncio.Task[Any]) -> None:
        """Cancel the tasks of a job. A task that does not end in time is logged and abandoned."""
        for task in tasks:
            task.cancel()
        _, stubborn = await asyncio.wait(tasks, timeout=STUBBORN)
        if stubborn:
            log.critical("job.stuck", kind=job.kind, subject=job.subject, tasks=[repr(task) for task in stubborn])

    async def _attend(self, job: Job, reached: Callable[[], float]) -> Beat:
        """Renew the lease of a job until it is cancelled or lost. Raises Again if the engine stays idle."""
        loop, told = asyncio.get_running_loop(), 0.0
        beaten = busy = loop.time()
        while True:
            await self.craft.queue.wait(self.pulse)
            fraction, now = reached(), loop.time()
            busy = busy if self.craft.idle else now
            if now - busy > self.idle:
                raise Again(f"its engine did nothing for {self.idle:g} s")
            if fraction != told or now - beaten >= self.lease_kept:
                beat = await self._unless_away(self.craft.queue.beat(job, fraction if fraction != told else None))
                beaten, told = now, fraction
            else:
                beat = await self._unless_away(self.craft.queue.ask(job))
            if beat is not Beat.GO_ON:
                return beat

    async def _unless_away(self, asked: Awaitable[Beat]) -> Beat:
        """Await an answer of the database. An outage counts as «go on», because the fence protects the result."""
        try:
            return await asked
        except OUTAGE as error:
            self._say_outage(error)
            return Beat.GO_ON

    def _say_outage(self, error: Exception) -> None:
        log.warning("jobs.outage", worker=self.name, reason=str(error).partition("\n")[0])
