"""The queue of expansions. The row is the job and the truth; a queue only rings the bell and hands out leases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from typing import Any, Protocol, TypedDict, Unpack

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased

from storage.database import transactions
from storage.jobs.bell import Bell
from storage.jobs.lease import LEASE, given_back, leased
from storage.models import LIVE_STATUSES, Expansion, Photo, Status, now, status_is


class QueueUnavailable(Exception):
    """The queue cannot be used; the text is one line that names it and the remedy."""


class Beat(Enum):
    """What a worker learns when it renews its lease."""

    GO_ON = "go on"
    CANCEL = "cancel"  # the person no longer wants it
    LOST = "lost"  # another worker has it now, or it was deleted: whatever comes out counts for nothing


class Made(TypedDict, total=False):
    """What came out of an expansion, and how."""

    result: Photo
    preview: str  # the key of a blob
    seconds: float
    seed: int  # the one that was used
    verdict: str  # of the safety check
    surprise: float  # the machine's guess, 0 to 1
    words: list[str]  # ids of those that were drawn
    recipe: dict[str, Any]  # what the picture depends on besides what was asked, as JSON values


class Queue(Protocol):
    """Who works calls take, then beat until done, then finish; `owner` names the worker and fences its writes."""

    async def put(self, ids: Sequence[int]) -> None:
        """Tell the workers that these are placed and may be taken."""

    async def take(self, owner: str) -> Expansion | None:
        """Lease the next expansion: placed, nobody of whose author's is running; by priority, turn and age."""

    async def wait(self, seconds: float | None = None) -> None:
        """Sleep until the bell rings, a lease may have run out, or the seconds pass.

        A bell that rang since the task's last take, beat or wait counts, so nothing between them is missed.
        """

    async def beat(self, expansion_id: int, owner: str, progress: float | None = None) -> Beat:
        """Renew a lease and record the progress, 0 to 1."""

    async def finish(
        self,
        expansion_id: int,
        owner: str,
        status: Status,
        *,
        engine: str = "",
        model: str = "",
        error: str | None = None,
        **made: Unpack[Made],
    ) -> bool:
        """Record how an expansion ended and what came out; False, and nothing is kept, when the lease was lost."""

    async def retry(self, expansion_id: int, owner: str, error: str) -> bool:
        """A try failed. True: it waits again, in its old place; False: it failed for good, or the lease was lost."""

    async def release(self, expansion_id: int, owner: str) -> None:
        """Give a lease back undone, as a worker that stops does; it costs no attempt."""

    async def cancel(self, expansion_id: int) -> bool:
        """Cancel: at once while waiting; a worker that runs it hears of it. False when it had ended."""

    async def rescue(self, *, every_lease: bool = False) -> list[int]:
        """Take back what leases ran out on: it waits again, or has failed when its attempts are spent.

        `every_lease` is for the start of the only program on a database, where each lease is one of its former life.
        """

    async def position(self, expansion_id: int) -> int:
        """The place in the queue: 1 is next, 0 is not waiting (any more)."""

    async def counts(self) -> dict[Status, int]:
        """How many are waiting and running."""


class EmbeddedQueue:
    """The queue on the expansions' own table; the bell is in this process, so its workers are too.

    Workers of other processes on the same database are served as well, only later: they look when a lease may end.
    """

    def __init__(self, engine: AsyncEngine, lease: timedelta = LEASE) -> None:
        self._read, self._write = transactions(engine)
        self._lease = lease
        self._bell = Bell()

    async def put(self, ids: Sequence[int]) -> None:
        self._bell.ring()

    async def take(self, owner: str) -> Expansion | None:
        self._bell.listen()
        while True:
            try:
                return await self._take(owner)
            except IntegrityError:  # another process has just started something of the same person: look again
                continue

    async def wait(self, seconds: float | None = None) -> None:
        self._bell.keep_listening()
        limits = [await self._next_expiry(), self._lease.total_seconds()]  # what others take meanwhile ends later still
        await self._bell.wait(min(limits if seconds is None else [*limits, seconds]))

    async def beat(self, expansion_id: int, owner: str, progress: float | None = None) -> Beat:
        self._bell.listen()
        values = {"lease_until": now() + self._lease} | ({} if progress is None else {"progress": progress})
        async with self._write() as session:
            renew = update(Expansion).where(*leased(expansion_id, owner)).values(values)
            cancelled = await session.scalar(renew.returning(Expansion.cancel_asked))
        return Beat.LOST if cancelled is None else Beat.CANCEL if cancelled else Beat.GO_ON

    async def finish(
        self,
        expansion_id: int,
        owner: str,
        status: Status,
        *,
        engine: str = "",
        model: str = "",
        error: str | None = None,
        **made: Unpack[Made],
    ) -> bool:
        async with self._write() as session:
            mine = select(Expansion).where(*leased(expansion_id, owner)).with_for_update(of=Expansion)
            expansion = await session.scalar(mine)
            if expansion is None:
                return False
            expansion.status, expansion.finished_at, expansion.lease_owner = status, now(), None
            expansion.lease_until, expansion.engine, expansion.model, expansion.error = None, engine, model, error
            for name, value in made.items():
                setattr(expansion, name, value)
            if status is Status.DONE:
                expansion.progress = 1.0
        self._bell.ring()
        return True

    async def retry(self, expansion_id: int, owner: str, error: str) -> bool:
        async with self._write() as session:
            again = update(Expansion).where(*leased(expansion_id, owner)).values(given_back() | {"error": error})
            status = await session.scalar(again.returning(Expansion.status))
        self._bell.ring()
        return status is Status.WAITING

    async def release(self, expansion_id: int, owner: str) -> None:
        async with self._write() as session:
            back = update(Expansion).where(*leased(expansion_id, owner)).values(given_back(tried=False))
            await session.execute(back)
        self._bell.ring()

    async def cancel(self, expansion_id: int) -> bool:
        waits = status_is(Expansion, Status.WAITING)
        async with self._write() as session:
            ask = update(Expansion).where(
                Expansion.id == expansion_id, or_(waits, status_is(Expansion, Status.RUNNING))
            )
            ask = ask.values(
                cancel_asked=True,
                status=case((waits, Status.CANCELLED), else_=Expansion.status),
                finished_at=case((waits, now()), else_=Expansion.finished_at),
            )
            found = await session.scalar(ask.returning(Expansion.id))
        self._bell.ring()
        return found is not None

    async def rescue(self, *, every_lease: bool = False) -> list[int]:
        async with self._write() as session:
            stale = update(Expansion).where(status_is(Expansion, Status.RUNNING))
            stale = stale if every_lease else stale.where(Expansion.lease_until < now())
            back = stale.values(given_back() | {"error": "the worker stopped without a word"})
            ids = list(await session.scalars(back.returning(Expansion.id)))
        if ids:
            self._bell.ring()
        return ids

    async def position(self, expansion_id: int) -> int:
        own = aliased(Expansion)
        ahead = or_(
            Expansion.priority > own.priority,
            and_(Expansion.priority == own.priority, tuple_(Expansion.turn, Expansion.id) < tuple_(own.turn, own.id)),
        )
        others = select(func.count()).select_from(Expansion).where(_placed(), ahead).scalar_subquery()
        async with self._read() as session:
            place = select(others + 1).where(own.id == expansion_id, status_is(own, Status.WAITING))
            return await session.scalar(place) or 0

    async def counts(self) -> dict[Status, int]:
        async with self._read() as session:
            count = select(func.count()).select_from(Expansion)
            return {s: (await session.scalar(count.where(status_is(Expansion, s)))) or 0 for s in LIVE_STATUSES}

    async def _take(self, owner: str) -> Expansion | None:
        running = aliased(Expansion)
        busy = exists().where(running.person_id == Expansion.person_id, status_is(running, Status.RUNNING))
        order = (Expansion.priority.desc(), Expansion.turn, Expansion.id)
        first = select(Expansion.id).where(_placed(), ~busy).order_by(*order).limit(1)
        async with self._write() as session:
            chosen = await session.scalar(first.with_for_update(skip_locked=True, of=Expansion))
            if chosen is None:
                return None
            lease = {"lease_owner": owner, "lease_until": now() + self._lease, "started_at": now(), "progress": 0.0}
            lease |= {"status": Status.RUNNING, "attempts": Expansion.attempts + 1}
            await session.execute(update(Expansion).where(Expansion.id == chosen).values(lease))
            return await session.get(Expansion, chosen)

    async def _next_expiry(self) -> float:
        """Seconds until the next lease runs out; infinite when nothing runs."""
        async with self._read() as session:
            soonest = select(func.min(Expansion.lease_until)).where(status_is(Expansion, Status.RUNNING))
            until = await session.scalar(soonest)
        return (until - now()).total_seconds() if until else float("inf")


def open_queue(url: str, engine: AsyncEngine) -> Queue:
    """Open the queue that a URL names: `local` is the embedded one. Raises QueueUnavailable."""
    if url == "local":
        return EmbeddedQueue(engine)
    raise QueueUnavailable(f"no queue at {url!r}; KUOTU_QUEUE_URL=local is the embedded one")


def _placed() -> ColumnElement[bool]:
    return and_(status_is(Expansion, Status.WAITING), Expansion.message_id.is_not(None))
