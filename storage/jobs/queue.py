"""What a queue of leased jobs does for the programs that share it. The row is the job and the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Protocol

from storage.jobs.kinds import JobKind, Record
from storage.models import Job, Status


class QueueUnavailable(Exception):
    """The queue cannot be used; the text is one line that names it and the remedy."""


class Beat(Enum):
    """What a worker learns when it renews its lease, or asks."""

    GO_ON = "go on"
    CANCEL = "cancel"  # the person no longer wants it
    LOST = "lost"  # another worker has it now, or it was deleted: whatever comes out counts for nothing


class Queue(Protocol):
    """The jobs of one kind. Rows that come back are detached; their `fence` fences what is written with them.

    A worker calls take, then beat until done, then finish, retry or release. A serving program calls claim_ended and
    claim_unplaced, then hold while it shows what it claimed.
    """

    @property
    def kind(self) -> JobKind: ...

    # asking

    async def put(self, subjects: Sequence[int]) -> None:
        """Tell the workers that these may be taken."""

    async def cancel(self, subject: int, name: str = "") -> bool:
        """Cancel: at once while waiting; a worker that runs it hears of it. False when it had ended."""

    async def position(self, subject: int, name: str = "") -> int:
        """The place in the queue: 1 is next, 0 is not waiting (any more)."""

    async def counts(self) -> dict[Status, int]:
        """How many are waiting and running."""

    async def jobs(self, subjects: Iterable[int]) -> list[Job]:
        """The jobs about these, running ones first, then in the order of the queue."""

    # working

    async def take(self, owner: str) -> Job | None:
        """Lease the next job: one that waits, by priority, turn and age. Leases that ran out are taken back first."""

    async def wait(self, seconds: float | None = None) -> None:
        """Sleep until there is news for workers, the seconds pass, or it is time to look what was done unheard.

        News since the task's last take, beat, ask or wait counts, so nothing between them is missed.
        """

    async def beat(self, job: Job, progress: float | None = None) -> Beat:
        """Renew a lease and record the progress, 0 to 1."""

    async def ask(self, job: Job) -> Beat:
        """The same answer without a write."""

    async def finish(self, job: Job, status: Status, record: Record | None = None, error: str | None = None) -> bool:
        """Record how a job ended and what came out; False, and nothing is kept, when the lease was lost."""

    async def retry(self, job: Job, error: str) -> bool:
        """A try failed. True: it waits again, in its old place; False: it failed for good, or the lease was lost."""

    async def release(self, job: Job) -> None:
        """Give a lease back undone, as a worker that stops does; it costs no attempt."""

    async def rescue(self, *, every_lease: bool = False) -> list[int]:
        """Take back what leases ran out on: it waits again, or has failed when its attempts are spent.

        `every_lease` is for the start of the only program on a database, where each lease is one of its former life.
        """

    # showing

    async def live(self, limit: int) -> list[Job]:
        """What runs, then what waits and may be taken, in the order of the queue."""

    async def watch(self, seconds: float | None = None) -> None:
        """Like wait, for whoever shows jobs: it ends for progress, too, and what rings during the task's own work
        with what it claimed counts."""

    async def claim_ended(self, owner: str, limit: int) -> list[Job]:
        """Lease jobs whose end is to be shown and that nobody is showing."""

    async def claim_unplaced(self, owner: str, limit: int) -> list[Job]:
        """Lease jobs that whoever started them has not placed in time."""

    async def hold(self, job: Job, seconds: float | None = None) -> bool:
        """Keep what was claimed for so long, else for another lease; False when it was lost."""
