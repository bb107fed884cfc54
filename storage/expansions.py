"""The store of expansions, and of the photos and panels that they start from. Each method is one transaction.

Returned rows are detached from the session: they stay readable, and changing them does not change the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean
from typing import TypedDict, Unpack

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.chain import ancestors
from storage.cleanup.notes import note
from storage.cleanup.orphans import abandoned, drop_photos, lock_photos, previews, stray_guests
from storage.database import transactions
from storage.jobs.estimate import newest_seconds, past_jobs, typical_seconds
from storage.jobs.expansions import NAME as EXPANSION
from storage.jobs.expansions import drop_jobs
from storage.jobs.fairness import settle as settle_job
from storage.jobs.lease import let_go, run_out
from storage.jobs.quota import forget_spent, keep_spent, left
from storage.jobs.submit import Started, begin
from storage.models import Expansion, Message, MessageKind, Status, now, status_is
from storage.panels import Panels
from storage.photos import Photos
from storage.statistics import Statistics, statistics


class Where(TypedDict, total=False):
    """The chat and the topic of a message."""

    chat_id: int
    thread_id: int | None


@dataclass(frozen=True)
class Mine:
    """A page of a person's finished expansions, newest first, and whether there are newer and older ones."""

    expansions: list[Expansion]
    newer: bool
    older: bool
    count: int


class Store:
    """Reads and writes expansions; `photos` and `panels` read and write what they start from."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._read, self._write = transactions(engine)
        self.photos, self.panels = Photos(engine), Panels(engine)

    # starting expansions

    async def start(
        self,
        expansions: list[Expansion],
        *,
        panel: tuple[int, int] | None = None,
        result: tuple[int, int] | None = None,
        quota: int | None,
        priority: int = 0,
        presets: Mapping[str, str] | None = None,
    ) -> Started | None:
        """Start expansions of one person together, as one turn of the queue. A higher `priority` runs first.

        Their jobs are leased at first, so that no other program sends their status messages in that time.

        `panel` is the (id, revision) of the tapped panel, and `result` the (id, rerolls) of the tapped result. These
        revisions are raised, so that the next tap is another start. The keys name the button and its revision: if they
        exist already, the tap was a double tap, and None is returned, as for a panel or a result that is gone. `quota`
        is the number of expansions in 24 hours, or None for no limit. `presets` says by the keys of expansions which
        preset is to paint them. Raises QuotaSpent, and then changes nothing.
        """
        async with self._write() as session:
            started = await begin(session, expansions, panel, result, quota, priority, presets or {})
            if started is None:
                await session.rollback()
            return started

    async def place(
        self, ids: Sequence[int], message_id: int, shows: MessageKind | None = None, **where: Unpack[Where]
    ) -> bool:
        """Store the status message, which lets workers take the jobs. `where` is given if it may be in another chat.

        `shows` says what the message will show, which is recorded with it. Returns False and changes nothing if
        another message was stored first. The caller then deletes its own message.
        """
        here = {"message_id": message_id, **where}
        async with self._write() as session:
            await let_go(session, EXPANSION, ids)
            same = and_(*(getattr(Expansion, name).is_not_distinct_from(value) for name, value in here.items()))
            free = or_(Expansion.message_id.is_(None), same)
            shown = update(Expansion).where(Expansion.id.in_(ids), free).values(here)
            placed = (await session.execute(shown.returning(Expansion.chat_id, Expansion.person_id))).first()
            if placed is not None and shows is not None:
                chat_id, person_id = placed
                message = Message(chat_id=chat_id, message_id=message_id, kind=shows, person_id=person_id)
                message.expansion_id = ids[0]
                await session.merge(message)
            return placed is not None

    async def hand_over(self, ids: Sequence[int]) -> None:
        """Give up placing these expansions, so that a serving program sends their status message at its next look."""
        async with self._write() as session:
            await run_out(session, EXPANSION, ids)

    async def displace(self, ids: Sequence[int], message_id: int | None) -> None:
        """Forget a status message that does not exist any more, so that another can be placed."""
        async with self._write() as session:
            these = (Expansion.id.in_(ids), Expansion.message_id == message_id)
            await session.execute(update(Expansion).where(*these).values(message_id=None))

    async def left(self, person_id: int, quota: int) -> int:
        """Return how many expansions a person may still start in these 24 hours."""
        async with self._read() as session:
            return await left(session, person_id, quota)

    async def forget_spent(self) -> None:
        """Delete what remains of deleted expansions for the quota, once it is a day old."""
        async with self._write() as session:
            await forget_spent(session)

    # expansions

    async def expansion(self, expansion_id: int) -> Expansion | None:
        """Return an expansion by id, or None if it is gone."""
        async with self._read() as session:
            return await session.get(Expansion, expansion_id)

    async def expansions(self, ids: Sequence[int]) -> list[Expansion]:
        """Return the existing expansions among these ids, ordered by id."""
        return await self._expansions(Expansion.id.in_(ids))

    async def batch(self, batch: str) -> list[Expansion]:
        """Return the variants of one start, or the steps of a journey as far as they have begun, in their order."""
        return await self._expansions(Expansion.batch == batch, order=(Expansion.variant,))

    async def ancestry(self, expansion_id: int) -> list[Expansion]:
        """Return the chain that leads to an expansion, root first, itself last, or nothing if the expansion is gone."""
        async with self._read() as session:
            return list(await session.scalars(ancestors(), {"last": expansion_id}))

    async def doubling(self, photo_id: int, person_id: int) -> Expansion | None:
        """Return a person's newest attempt to make a photo twice as large."""
        this = (Expansion.source_id == photo_id, Expansion.person_id == person_id, Expansion.doubles)
        async with self._read() as session:
            return await session.scalar(select(Expansion).where(*this).order_by(Expansion.id.desc()).limit(1))

    async def live(self, person_id: int) -> list[Expansion]:
        """Return the waiting and running expansions of a person."""
        return await self._expansions(Expansion.person_id == person_id, status_is(Expansion, Status.WAITING))

    async def delivered(self, expansion_id: int, file_id: str | None) -> None:
        """Record that the result or the apology is shown, and settle the job. `file_id` is Telegram's."""
        async with self._write() as session:
            await settle_job(session, EXPANSION, expansion_id)
            known = {} if file_id is None else {"file_id": file_id}
            shown = update(Expansion).where(Expansion.id == expansion_id)
            await session.execute(shown.values({"delivered_at": now()} | known))

    async def claim_announcement(self, expansion_id: int) -> bool:
        """Record that «ready» is about to be sent. Returns True only for the first caller, who then sends it."""
        return await self._set(Expansion.id == expansion_id, Expansion.announced_at.is_(None), announced_at=now())

    async def remember_file(self, expansion_id: int, file_id: str) -> None:
        """Store Telegram's file id of the result."""
        await self._set(Expansion.id == expansion_id, file_id=file_id)

    async def remember_before(self, expansion_id: int, file_id: str) -> None:
        """Store Telegram's file id of the picture that shows the photo on its canvas."""
        await self._set(Expansion.id == expansion_id, before_file_id=file_id)

    async def mine(
        self, person_id: int, before_id: int | None = None, after_id: int | None = None, limit: int = 1
    ) -> Mine:
        """Return a person's newest finished expansions, or those next to `before_id` (older) or `after_id` (newer)."""
        own = (status_is(Expansion, Status.DONE), Expansion.person_id == person_id)
        page = select(Expansion).where(*own).limit(limit)
        if after_id is not None:
            page = page.where(Expansion.id > after_id).order_by(Expansion.id)
        elif before_id is not None:
            page = page.where(Expansion.id < before_id).order_by(Expansion.id.desc())
        else:
            page = page.order_by(Expansion.id.desc())
        async with self._read() as session:
            rows = sorted(await session.scalars(page), key=lambda row: row.id, reverse=True)
            ends = select(func.count(), func.min(Expansion.id), func.max(Expansion.id)).where(*own)
            count, oldest, newest = (await session.execute(ends)).one()
            return Mine(rows, bool(rows) and rows[0].id < newest, bool(rows) and rows[-1].id > oldest, count)

    async def typical_seconds(self, engine: str | None, model: str, megapixels: float) -> float | None:
        """Estimate the seconds that a canvas takes, without an engine by those of all engines.

        Returns None as long as nothing was finished with it.
        """
        async with self._read() as session:
            jobs = (await session.execute(past_jobs(engine, model))).all()
        return typical_seconds([(pixels / 1e6, seconds) for pixels, seconds in jobs if seconds], megapixels)

    async def mean_seconds(self) -> float | None:
        """Return how long an expansion took lately in the mean, by whichever engine. None before the first."""
        async with self._read() as session:
            seconds = [taken for taken in await session.scalars(newest_seconds()) if taken]
        return mean(seconds) if seconds else None

    async def statistics(self, moment: datetime, days: int) -> Statistics:
        """Return the statistics of the expansions in the days before a moment."""
        return await statistics(self._engine, moment, days)

    async def delete_expansion(self, expansion_id: int) -> None:
        """Delete an expansion with its post and reactions, and note its blobs.

        Expansions that continue from its result stay, and so does its master as long as one of them needs it.
        """
        async with self._write() as session:
            expansion = await session.get(Expansion, expansion_id)
            if expansion is None:
                return
            await keep_spent(session, [expansion])
            await drop_jobs(session, [expansion_id])
            await session.execute(delete(Expansion).where(Expansion.id == expansion_id))
            pictures = [photo for photo in (expansion.result, expansion.source) if photo is not None]
            await lock_photos(session, [photo.id for photo in pictures])
            gone = [photo for photo in pictures if await abandoned(session, photo)]
            await note(session, previews([expansion]) + await drop_photos(session, gone) + await stray_guests(session))

    async def _expansions(
        self, *where: ColumnElement[bool], order: tuple[SQLColumnExpression[int], ...] = (Expansion.id,)
    ) -> list[Expansion]:
        async with self._read() as session:
            return list(await session.scalars(select(Expansion).where(*where).order_by(*order)))

    async def _set(self, *where: ColumnElement[bool], **values: object) -> bool:
        async with self._write() as session:
            done = await session.execute(update(Expansion).where(*where).values(**values).returning(Expansion.id))
            return done.first() is not None
