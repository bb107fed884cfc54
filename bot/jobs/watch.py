"""Shows the jobs of one kind to people: sends their messages, shows their progress, and shows how they end.

All state is read from the database, after every ring of the bell and at least every two seconds. So lost notifications
do no harm, and a program that starts continues what a crashed one has left. Claims are leases, so several programs can
serve side by side: none touches what another has begun before that lease has run out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import structlog

from bot.jobs.loop import OUTAGE
from bot.shortage import Shortage
from storage.jobs.queue import Queue
from storage.models import Job, Status

log = structlog.get_logger()

AT_ONCE = 32  # jobs that are placed or shown at the same time
SOON = 0.1  # seconds until the next look while as many as allowed are in progress, or jobs have just ended
TOLD = 30  # jobs at the front of the queue whose messages are kept up to date
RENEW = 10.0  # seconds between two renewals of a claim
RESCUE = 2.0  # seconds between two looks for workers that died
LATER = 10.0  # seconds until a delivery is tried again, unless Telegram names another time
AWAY = 1.0  # seconds until the next look after an outage of the database

# of a live job: its status, its progress, and while it waits its place in the queue and the changes of the shortage
State = tuple[Status, float, int, int]


class Screen(Protocol):
    """The place where people see the jobs of one kind."""

    async def place(self, jobs: Sequence[Job]) -> None:
        """Send the messages of jobs whose start was interrupted before their message id was stored."""

    async def show(self, job: Job) -> float | None:
        """Show how a job ended, and settle it. This is idempotent.

        Returns None when it is settled, or the seconds after which it has to be tried again.
        """

    async def changed(self, jobs: Sequence[Job]) -> None:
        """Show that these live jobs have made progress or moved up in the queue."""


@dataclass
class Watch:
    """Keeps the screen of one kind up to date. `program` is the owner of its claims."""

    program: str
    queue: Queue
    screen: Screen
    shortage: Shortage = field(default_factory=Shortage)
    renew: float = RENEW
    later: float = LATER
    _next_rescue: float = field(default=0.0, init=False)
    _told: dict[int, State] = field(default_factory=dict)
    _busy: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Watch until cancelled. After an outage of the database, the next look tries again."""
        try:
            while True:
                more = False
                try:
                    more = await self.look()
                except OUTAGE as error:
                    log.warning("watch.interrupted", kind=self.queue.kind.names[0], reason=str(error).splitlines()[0])
                    await asyncio.sleep(AWAY)
                await self.queue.watch(SOON if more or len(self._busy) >= AT_ONCE else None)
        finally:
            for task in self._busy:
                task.cancel()
            await asyncio.gather(*self._busy, return_exceptions=True)
            with suppress(*OUTAGE):  # if this fails, the claims run out
                await self.queue.leave()

    async def look(self) -> bool:
        """Start placing and showing whatever is due, and report the progress of the other jobs.

        Returns whether more may be due, because jobs had ended.
        """
        ended = await self.queue.claim_ended(self.program, AT_ONCE - len(self._busy))
        for job in ended:
            self._begin([job], partial(self._show, job))
        await self._rescue()
        if jobs := await self.queue.claim_unplaced(self.program, AT_ONCE - len(self._busy)):
            self._begin(jobs, partial(self.screen.place, jobs))
        await self._tell()
        return bool(ended)

    async def _rescue(self) -> None:
        """Look for workers that died, now and then, so that a cancelled job ends even if no worker is left."""
        now = asyncio.get_running_loop().time()
        if now >= self._next_rescue:
            self._next_rescue = now + RESCUE
            await self.queue.rescue()

    async def _tell(self) -> None:
        live = await self.queue.live(TOLD)
        waiting = [job.id for job in live if job.status is Status.WAITING]
        places = {number: place for place, number in enumerate(waiting)}
        changes = dict.fromkeys(waiting, self.shortage.changes)
        states: dict[int, State] = {
            job.id: (job.status, job.progress, places.get(job.id, 0), changes.get(job.id, 0)) for job in live
        }
        news = [job for job in live if self._told.get(job.id) != states[job.id]]
        self._told = states
        if news:
            await self.screen.changed(news)

    async def _show(self, job: Job) -> None:
        again: float | None = self.later
        try:
            again = await self.screen.show(job)
        except asyncio.CancelledError:
            again = 0.0  # release the claim, so that the next program can show it at once
            raise
        finally:
            if again is not None:
                await self.queue.hold(job, again)

    def _begin(self, jobs: Sequence[Job], work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(self._held(jobs, work))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _held(self, jobs: Sequence[Job], work: Callable[[], Awaitable[None]]) -> None:
        """Do work while the claims on its jobs are renewed."""
        renewing = asyncio.create_task(self._renew(jobs))
        try:
            await work()
        except Exception:
            log.exception("watch.not_shown", jobs=[(job.kind, job.subject) for job in jobs])
        finally:
            renewing.cancel()
            await asyncio.wait({renewing})

    async def _renew(self, jobs: Sequence[Job]) -> None:
        """Renew claims until cancelled, whatever happens: without them, another program would do the same work."""
        while True:
            await asyncio.sleep(self.renew)
            try:
                for job in jobs:
                    await self.queue.hold(job)
            except OUTAGE:
                continue  # the next renewal comes before the claim runs out
            except Exception:
                log.exception("watch.not_renewed", jobs=[(job.kind, job.subject) for job in jobs])
