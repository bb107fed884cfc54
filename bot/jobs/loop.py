"""The loop of every worker: take a job, renew its lease while it is done, end it. Knows no kind, and no Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from inference.engine import Report
from storage.jobs.kinds import Record
from storage.jobs.queue import Beat, Queue
from storage.models import Job, Status

log = structlog.get_logger()

PULSE = 1.0  # seconds between two looks at a running job; progress is recorded no more often
LEASE_KEPT = 5.0  # seconds after which a lease is renewed even without progress
IDLE = 60.0  # seconds that a job may go on while its engine does nothing
STUBBORN = 30.0  # seconds that a job may take to leave its engine
AWAY = 1.0  # seconds until a database that was away is asked again
OUTAGE = (SQLAlchemyError, OSError)


class Again(Exception):
    """A try failed, and another may not; the text is for the operator."""


@dataclass(frozen=True)
class Ended:
    """How a job ended. `record` is written in the same transaction; `undo` runs when that came too late."""

    status: Status
    error: str | None = None
    record: Record | None = None
    undo: Callable[[], Awaitable[object]] | None = None


class Craft(Protocol):
    """How the jobs of one kind are done."""

    @property
    def queue(self) -> Queue: ...
    @property
    def counter(self) -> Counter:
        """Counts jobs by how they ended."""

    @property
    def idle(self) -> bool:
        """Whether nothing is at work on the job in hand."""

    async def work(self, job: Job, report: Report) -> Ended:
        """Do one job. Raises Again; when it is cancelled, it leaves its engine first."""


@dataclass
class Loop:
    """Takes jobs of one kind, one at a time; `name` tells who holds them."""

    name: str
    craft: Craft
    pulse: float = PULSE
    lease_kept: float = LEASE_KEPT
    idle: float = IDLE

    async def run(self) -> None:
        """Work until cancelled. When the database is away, what is loaded stays loaded."""
        while True:
            try:
                job = await self.craft.queue.take(self.name)
                if job is None:
                    await self.craft.queue.wait()
                else:
                    await self._carry_out(job)
            except OUTAGE as error:
                self._say_outage(error)
                await asyncio.sleep(AWAY)

    async def _carry_out(self, job: Job) -> None:
        """Bring one job to its end; the queue says how often a failed try is repeated."""
        try:
            ended = await self._attended(job)
        except asyncio.CancelledError:
            with suppress(*OUTAGE):  # else its lease runs out
                await self.craft.queue.release(job)
            raise
        except Exception as error:
            facts = {"kind": job.kind, "subject": job.subject, "attempt": job.attempts}
            log.warning("job.failed", **facts, reason=str(error), exc_info=not isinstance(error, Again))
            await self.craft.queue.retry(job, str(error) or type(error).__name__)
        else:
            await self._end(job, ended)

    async def _end(self, job: Job, ended: Ended | None) -> None:
        kept = ended is not None and await self._finished(job, ended)
        if ended is not None and ended.undo is not None and not kept:
            await ended.undo()
        status = ended.status.value if ended is not None and kept else "lost"
        self.craft.counter.labels(status).inc()
        log.info("job.ended", kind=job.kind, subject=job.subject, status=status, error=ended and ended.error)

    async def _finished(self, job: Job, ended: Ended) -> bool:
        """Record the end, however long the database is away: the fence makes a second try harmless."""
        while True:
            try:
                return await self.craft.queue.finish(job, ended.status, ended.record, ended.error)
            except OUTAGE as error:
                self._say_outage(error)
                await asyncio.sleep(AWAY)

    async def _attended(self, job: Job) -> Ended | None:
        """Do a job while its lease is renewed; None once it is somebody else's, or nobody's. Raises Again."""
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
        if finished:
            if work.cancelled():
                raise Again("it was left from within")
            return work.result()
        return Ended(Status.CANCELLED) if attending.result() is Beat.CANCEL else None

    async def _stop(self, job: Job, *tasks: asyncio.Task[Any]) -> None:
        """End the tasks of a job; one that does not end by itself is left behind, so that the worker goes on."""
        for task in tasks:
            task.cancel()
        _, stubborn = await asyncio.wait(tasks, timeout=STUBBORN)
        if stubborn:
            log.critical("job.stuck", kind=job.kind, subject=job.subject, tasks=[repr(task) for task in stubborn])

    async def _attend(self, job: Job, reached: Callable[[], float]) -> Beat:
        """Renew a lease for as long as the job is wanted and something works on it. Raises Again."""
        loop, told = asyncio.get_running_loop(), 0.0
        beaten = busy = loop.time()
        while True:
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
            await self.craft.queue.wait(self.pulse)

    async def _unless_away(self, asked: Awaitable[Beat]) -> Beat:
        """A database that is away for a moment ends no job: the lease says whether the result counts."""
        try:
            return await asked
        except OUTAGE as error:
            self._say_outage(error)
            return Beat.GO_ON

    def _say_outage(self, error: Exception) -> None:
        log.warning("jobs.outage", worker=self.name, reason=str(error).partition("\n")[0])
