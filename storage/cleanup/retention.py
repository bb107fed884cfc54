"""Deletes unpublished pictures after the retention period, except those that a younger or published picture needs.

Of all programs on one database only one looks at a time, and the database keeps when the next look is due.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CTE, ColumnElement, Select, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased

from storage.cleanup.notes import note
from storage.cleanup.orphans import drop_photos, lock_photos, previews, stray_guests
from storage.database import get_or_add, transactions
from storage.jobs.clock import from_now
from storage.jobs.expansions import drop_jobs
from storage.models import LIVE_STATUSES, BlobSweep, Expansion, Message, Panel, Photo, Post, PostStatus

NAME = "retention"
LEASE = timedelta(hours=1)  # after which another program looks, if the one that looks has died
LOT = 200  # most rows that one transaction deletes from a table
PUBLIC = (PostStatus.LIVE, PostStatus.REPORTED)  # a reported post may be restored by a moderator


class Retention:
    """The retention period and the queries that enforce it."""

    def __init__(self, engine: AsyncEngine, period: timedelta) -> None:
        self._read, self._write = transactions(engine)
        self.period = period
        self._days = str(period.days)

    async def begin(self) -> float:
        """Begin a look. Returns 0, or the seconds until one is due, if none is due yet or another program looks.

        After a start with another period, a look is due at once.
        """
        async with self._write() as session:
            await get_or_add(session, BlobSweep(name=NAME, cursor=self._days), BlobSweep.name == NAME)
            await session.flush()
            over = or_(BlobSweep.until.is_(None), BlobSweep.until <= from_now(session), BlobSweep.cursor != self._days)
            mine = update(BlobSweep).where(BlobSweep.name == NAME, over)
            mine = mine.values(until=from_now(session, LEASE), cursor=self._days)
            if await session.scalar(mine.returning(BlobSweep.name)) is not None:
                return 0.0
            due = select(BlobSweep.until, from_now(session).label("moment")).where(BlobSweep.name == NAME)
            until, moment = (await session.execute(due)).one()
            return max(0.0, (until - moment).total_seconds()) if until is not None else 0.0

    async def end(self, wait: float) -> None:
        """End a look. The next is due after so many seconds, whichever program makes it."""
        async with self._write() as session:
            due = from_now(session, timedelta(seconds=wait))
            await session.execute(update(BlobSweep).where(BlobSweep.name == NAME).values(until=due))

    async def sweep(self, now: datetime) -> int:
        """Delete one lot of rows older than the period, and note their blobs. Returns the number of rows."""
        until = now - self.period
        async with self._write() as session:
            expansions = list(await session.scalars(_old_expansions(until).limit(LOT)))
            ids = [expansion.id for expansion in expansions]
            await session.execute(delete(Message).where(Message.expansion_id.in_(ids)))
            await drop_jobs(session, ids)
            await session.execute(delete(Expansion).where(Expansion.id.in_(ids)))
            old = [photo.id for photo in await session.scalars(_old_photos(until).limit(LOT))]
            await lock_photos(session, old)
            photos = list(await session.scalars(_old_photos(until).where(Photo.id.in_(old))))
            blobs = previews(expansions) + await drop_photos(session, photos)
            await note(session, blobs + await stray_guests(session))
            return len(expansions) + len(photos)

    async def next_due(self) -> datetime | None:
        """Return when the oldest unpublished picture reaches the end of the period, or None if there is none."""
        async with self._read() as session:
            public = _needed(Post.status.in_(PUBLIC))
            free = select(func.min(Expansion.created_at)).outerjoin(public, public.c.id == Expansion.id)
            free = free.where(public.c.id.is_(None))
            used = exists().where(or_(Expansion.source_id == Photo.id, Expansion.result_id == Photo.id))
            unused = select(func.min(Photo.created_at)).where(~used)
            oldest = [moment for ask in (free, unused) if (moment := await session.scalar(ask)) is not None]
            return min(oldest) + self.period if oldest else None


def _old_expansions(until: datetime) -> Select[Expansion]:
    """Select old expansions that nothing needs.

    An outer join finds them: with NOT IN, PostgreSQL searches the needed ones anew for each row.
    """
    needed = _needed(or_(Post.status.in_(PUBLIC), Expansion.created_at >= until, Expansion.status.in_(LIVE_STATUSES)))
    old = select(Expansion).outerjoin(needed, needed.c.id == Expansion.id)
    return old.where(Expansion.created_at < until, needed.c.id.is_(None)).order_by(Expansion.id)


def _old_photos(until: datetime) -> Select[Photo]:
    """Select old photos that no expansion uses and no young panel shows."""
    used = exists().where(or_(Expansion.source_id == Photo.id, Expansion.result_id == Photo.id))
    chosen = exists().where(Panel.photo_id == Photo.id, Panel.created_at >= until)
    return select(Photo).where(Photo.created_at < until, ~used, ~chosen).order_by(Photo.id)


def _needed(why: ColumnElement[bool]) -> CTE:
    """Select the ids of the expansions that match a condition, and of all their ancestors."""
    wanted = select(Expansion.id, Expansion.source_id).outerjoin(Post, Post.expansion_id == Expansion.id).where(why)
    chain = wanted.cte("needed", recursive=True)
    parent = aliased(Expansion)
    return chain.union(select(parent.id, parent.source_id).join(chain, parent.result_id == chain.c.source_id))
