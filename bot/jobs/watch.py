"""What a serving program does with the jobs of one kind: it places, shows ends, and tells how it goes.

Everything is read from the rows, after every ring of the bell and every two seconds: news may be lost, and a program
that starts finds what a dead one has left. What is claimed is leased, so several programs may serve side by side, and
none touches what another has begun before that one's lease has run out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import structlog

from storage.jobs.queue import Queue
from storage.models import Job, Status

log = structlog.get_logger()

AT_ONCE = 32  # jobs that are placed or shown at the same time
SOON = 0.1  # seconds until the next look when there was no room for all
TOLD = 30  # of those who wait are told their place: the next ones
RENEW = 10.0  # seconds after which a claim is renewed while it is being worked on
LATER = 10.0  # seconds until what could not be shown is tried again
AWAY = 1.0  # seconds until a database that was away is asked again

State = tuple[Status, float, int]  # of a live job: progress, and the place in the queue


class Screen(Protocol):
    """Where people see how the jobs of one kind go."""

    async def place(self, jobs: Sequence[Job]) -> None:
        """Send the messages of jobs whose start was interrupted before their message was known."""

    async def show(self, job: Job) -> bool:
        """Show how a job ended, and settle it: doing that twice changes nothing. False: to be tried again later."""

    async def changed(self, jobs: Sequence[Job]) -> None:
        """These live jobs have made progress, or have moved up."""


@dataclass
class Watch:
    """Keeps one kind's screen true; `program` tells who holds what it claims."""

    program: str
    queue: Queue
    screen: Screen
    renew: float = RENEW
    later: float = LATER
    _told: dict[int, State] = field(default_factory=dict)
    _busy: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Watch until cancelled; an error is told in the log, and the next look tries again."""
        try:
            while True:
                try:
                    await self.look()
                except Exception:
                    log.exception("watch.failed", kind=self.queue.kind.names[0])
                    await asyncio.sleep(AWAY)
                await self.queue.watch(SOON if len(self._busy) >= AT_ONCE else None)
        finally:
            for task in self._busy:
                task.cancel()
            await asyncio.gather(*self._busy, return_exceptions=True)

    async def look(self) -> None:
        """Begin whatever is to be placed or shown, and tell how the rest goes."""
        for job in await self.queue.claim_ended(self.program, AT_ONCE - len(self._busy)):
            self._begin([job], partial(self._show, job))
        if jobs := await self.queue.claim_unplaced(self.program, AT_ONCE - len(self._busy)):
            self._begin(jobs, partial(self.screen.place, jobs))
        await self._tell()

    async def _tell(self) -> None:
        live = await self.queue.live(TOLD)
        waiting = [job.id for job in live if job.status is Status.WAITING]
        places = {number: place for place, number in enumerate(waiting)}
        states: dict[int, State] = {job.id: (job.status, job.progress, places.get(job.id, 0)) for job in live}
        news = [job for job in live if self._told.get(job.id) != states[job.id]]
        self._told = states
        if news:
            await self.screen.changed(news)

    async def _show(self, job: Job) -> None:
        again: float | None = self.later
        try:
            again = None if await self.screen.show(job) else self.later
        except asyncio.CancelledError:
            again = 0.0  # whoever starts next may show it at once
            raise
        finally:
            if again is not None:
                await self.queue.hold(job, again)

    def _begin(self, jobs: Sequence[Job], work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(self._held(jobs, work))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _held(self, jobs: Sequence[Job], work: Callable[[], Awaitable[None]]) -> None:
        """Keep a claim while it is worked on."""
        renewing = asyncio.create_task(self._renew(jobs))
        try:
            await work()
        except Exception:
            log.exception("watch.not_shown", jobs=[(job.kind, job.subject) for job in jobs])
        finally:
            renewing.cancel()
            await asyncio.wait({renewing})

    async def _renew(self, jobs: Sequence[Job]) -> None:
        while True:
            await asyncio.sleep(self.renew)
            for job in jobs:
                await self.queue.hold(job)
