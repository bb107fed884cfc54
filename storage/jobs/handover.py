"""Hands jobs that end in a program to whoever shows jobs there, without another transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.jobs.lease import CLAIM, owned
from storage.models import FINAL_STATUSES, Job

# Seconds that a claim may wait here. Whoever fetches it renews it as many seconds later, well before it runs out.
FRESH = CLAIM.total_seconds() / 3


@dataclass
class Handover:
    """The watcher of one kind of job in this program, and the ended jobs that are claimed for it.

    The transaction that ends a job also claims it for the watcher. If nobody fetches it in time, because the program
    ends or the watcher is held up, the claim runs out, and any program may claim it.
    `clock` returns seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _watcher: str | None = None
    _claimed: list[tuple[float, Job]] = field(default_factory=list)  # each with when it was claimed

    def claim(self, session: AsyncSession) -> dict[str, object]:
        """Return the values that claim a job for the watcher, or those of a job without owner if nobody watches."""
        if self._watcher is None:
            return {"owner": None, "until": None}
        return owned(session, self._watcher, CLAIM)

    def hand(self, job: Job) -> None:
        """Keep a job for the watcher if it is claimed."""
        if job.owner is not None:
            self._claimed.append((self.clock(), job))

    async def regain(self, session: AsyncSession, job: Job) -> bool:
        """Hand over a job that this program ended before, in a commit whose answer was lost. Returns whether it did."""
        if self._watcher is None:
            return False
        ended = (Job.id == job.id, Job.fence == job.fence + 1, Job.status.in_(FINAL_STATUSES))
        row = await session.scalar(select(Job).where(*ended, Job.owner == self._watcher))
        if row is not None:
            self.hand(row)
        return row is not None

    def fetch(self, watcher: str, limit: int) -> list[Job]:
        """Return at most so many jobs, oldest first. From now on this watcher watches.

        Jobs that have waited too long are left out: another program may be showing them already.
        """
        since = self.clock() - FRESH
        fresh = [(claimed, job) for claimed, job in self._claimed if claimed > since]
        self._watcher, self._claimed = watcher, fresh[limit:]
        return [job for _, job in fresh[:limit]]

    def leave(self) -> list[Job]:
        """Return the jobs that nobody has fetched. From now on nobody watches."""
        claimed, self._claimed, self._watcher = self._claimed, [], None
        return [job for _, job in claimed]
