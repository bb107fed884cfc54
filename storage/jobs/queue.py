"""The interface of a queue of leased jobs that several programs share. The row in the database is the job."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import Enum
from typing import Protocol

from storage.jobs.kinds import JobKind, Record
from storage.models import Job, Status


class QueueUnavailable(Exception):
    """The queue cannot be used. The text is one line that names it and the remedy."""


class Beat(Enum):
    """The answer that a worker gets when it renews its lease or asks."""

    GO_ON = "go on"
    CANCEL = "cancel"  # the job was cancelled
    LOST = "lost"  # another worker has the lease, or the job was deleted, so the result is discarded

    @classmethod
    def of(cls, cancel: bool | None) -> Beat:
        """Return the answer for the column `cancel` of the leased row, or for None if there is none."""
        return cls.LOST if cancel is None else cls.CANCEL if cancel else cls.GO_ON


class Queue(Protocol):
    """The jobs of one kind. Returned rows are detached. Their `fence` guards what is written with them.

    A worker calls take, then beat until it is done, then finish, retry or release. A serving program calls claim_ended
    and claim_unplaced, then hold while it shows what it claimed.
    """

    @property
    def kind(self) -> JobKind: ...

    # for programs that start and cancel jobs

    async def put(self, subjects: Sequence[int]) -> None:
        """Tell the workers that these jobs may be taken."""

    async def cancel(self, subject: int, name: str = "") -> bool:
        """Cancel a job: a waiting one at once, a running one through its worker. Returns False if it had ended."""

    async def position(self, subject: int, name: str = "") -> int:
        """Return the place in the queue. 1 is next, and 0 means that the job is not waiting (any more)."""

    async def counts(self, presets: Collection[str] | None = None) -> dict[Status, int]:
        """Return how many jobs are waiting and running, with `presets` only those that a worker of these serves."""

    async def jobs(self, subjects: Iterable[int]) -> list[Job]:
        """Return the jobs of these subjects: running ones first, then in the order of the queue."""

    # for workers

    async def take(self, owner: str, presets: Collection[str] = ()) -> Job | None:
        """Lease the next waiting job, by priority, turn and age. Expired leases are rescued first.

        A job that names a preset is taken only by workers that serve it.
        """

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until there is news for workers, the seconds have passed, or the regular look is due.

        News since the task's last take, beat, ask or wait ends the wait at once, so nothing is missed in between.
        """

    async def beat(self, job: Job, progress: float | None = None) -> Beat:
        """Renew a lease, and record the progress from 0 to 1."""

    async def ask(self, job: Job) -> Beat:
        """Return the same answer as beat, without writing."""

    async def finish(self, job: Job, status: Status, record: Record | None = None, error: str | None = None) -> bool:
        """Record how a job ended, with its result. Returns False and writes nothing if the lease was lost."""

    async def retry(self, job: Job, error: str) -> bool:
        """Record a failed attempt. Returns True if the job waits again in its old place.

        Returns False if it has failed for good, or if the lease was lost.
        """

    async def release(self, job: Job) -> None:
        """Give back a lease without a result, as a worker does when it stops. This costs no attempt."""

    async def rescue(self, *, every_lease: bool = False) -> list[int]:
        """End expired leases of running jobs: each job waits again, or fails if its attempts are used up.

        `every_lease` is for the start of the only program on a database. All leases are then left over from its last
        run.
        """

    async def open_up(self, presets: Collection[str]) -> None:
        """Let every worker take the waiting jobs that name none of these presets.

        This is for the start of the only program on a database, whose settings have changed: nobody else would come.
        """

    # for programs that show jobs

    async def live(self, limit: int) -> list[Job]:
        """Return the running jobs, then the waiting jobs that may be taken, in the order of the queue."""

    async def watch(self, seconds: float | None = None) -> None:
        """Wait like `wait`, for a task that shows jobs: progress ends this wait too.

        News counts that arrives while the task works on what it has claimed.
        """

    async def claim_ended(self, owner: str, limit: int) -> list[Job]:
        """Lease jobs whose end has to be shown and that no program is showing.

        From the first call on until `leave`, jobs that end in this program are leased for the caller by the transaction
        that ends them. They are returned first, without another transaction.
        """

    async def leave(self) -> None:
        """Leave the jobs that end in this program to other programs, because nobody shows them here any more."""

    async def claim_unplaced(self, owner: str, limit: int) -> list[Job]:
        """Lease waiting jobs that the program that started them has not placed in time."""

    async def hold(self, job: Job, seconds: float | None = None) -> bool:
        """Extend a claim by the given seconds, else by a full lease. Returns False if it was lost."""
