"""Hands jobs that end in a program to whoever shows jobs there, without another transaction."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from storage.jobs.lease import CLAIM, owned
from storage.models import Job


@dataclass
class Handover:
    """The watcher of one kind of job in this program, and the ended jobs that are claimed for it.

    The transaction that ends a job also claims it for the watcher. If nobody fetches it, because the program ends or
    the answer to the commit is lost, the claim runs out, and any program may claim it.
    """

    _watcher: str | None = None
    _claimed: list[Job] = field(default_factory=list)

    def claim(self, session: AsyncSession) -> dict[str, object]:
        """Return the values that claim a job for the watcher, or those of a job without owner if nobody watches."""
        if self._watcher is None:
            return {"owner": None, "until": None}
        return owned(session, self._watcher, CLAIM)

    def hand(self, job: Job) -> None:
        """Keep a job for the watcher if it is claimed."""
        if job.owner is not None:
            self._claimed.append(job)

    def fetch(self, watcher: str | None) -> list[Job]:
        """Return the jobs that have ended since the last call. From now on this watcher watches, or nobody."""
        claimed, self._claimed, self._watcher = self._claimed, [], watcher
        return claimed
