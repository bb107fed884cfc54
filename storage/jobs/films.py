"""Films of expansions: which were asked for, which are in the making, which are there. A row is the job and the truth.

A film that somebody in a chat waits for comes before one that only a page will show; within each, the oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import get_or_add, transactions
from storage.jobs.bell import Bell
from storage.jobs.lease import LEASE
from storage.models import LIVE_STATUSES, Film, FilmKind, Moment, Status, now


class OneAtATime(Exception):
    """This person waits for another film."""


class FilmStore:
    """Who works calls take, then beat until done, then finish, then delivered; `owner` fences its writes."""

    def __init__(self, engine: AsyncEngine, lease: timedelta = LEASE) -> None:
        self._read, self._write = transactions(engine)
        self._lease = lease
        self._bell = Bell()

    # asking

    async def film(self, expansion_id: int, kind: FilmKind) -> Film | None:
        async with self._read() as session:
            return await session.get(Film, (expansion_id, kind))

    async def made(self, expansion_id: int) -> set[FilmKind]:
        """Those of an expansion that are there."""
        async with self._read() as session:
            done = Film.status == Status.DONE
            return set(await session.scalars(select(Film.kind).where(Film.expansion_id == expansion_id, done)))

    async def want(self, expansion_id: int, kinds: Iterable[FilmKind]) -> None:
        """Films for a page: made once, when nobody waits in a chat."""
        async with self._write() as session:
            for kind in kinds:
                await get_or_add(session, Film(expansion_id=expansion_id, kind=kind), *_this(expansion_id, kind))
        self._bell.ring()

    async def claim(
        self, expansion_id: int, kind: FilmKind, person_id: int, chat_id: int, thread_id: int | None
    ) -> tuple[Film, bool]:
        """Somebody in a chat asks for a film. True: a message there is to become it, and `place` says which.

        False when it is there, or others wait for it already. A tap that is handled again, because a crash came before
        its message was placed, is the same one. Raises OneAtATime.
        """
        async with self._write() as session:
            await get_or_add(session, Film(expansion_id=expansion_id, kind=kind), *_this(expansion_id, kind))
            film = await session.get_one(Film, (expansion_id, kind), with_for_update=True, populate_existing=True)
            free = film.message_id is None and film.person_id in (None, person_id)
            if film.status is Status.DONE or not free:
                return film, False
            if await _waits_for_another(session, person_id, film):
                raise OneAtATime
            if film.status.final:
                film.status, film.attempts, film.asked_at = Status.WAITING, 0, now()
            film.person_id, film.chat_id, film.thread_id = person_id, chat_id, thread_id
            return film, True

    async def place(self, expansion_id: int, kind: FilmKind, message_id: int) -> Film | None:
        """The message that is to become a film; the film as it is by now, None when it is gone."""
        async with self._write() as session:
            film = await session.get(Film, (expansion_id, kind))
            if film is not None:
                film.message_id = message_id
        self._bell.ring()
        return film

    async def ahead(self, film: Film) -> int:
        """How many films are made before this one."""
        mine = (literal(film.message_id is None), literal(film.asked_at, Moment), literal(film.expansion_id))
        async with self._read() as session:
            before = select(func.count()).select_from(Film).where(_open(), tuple_(*_turn()) < tuple_(*mine))
            return await session.scalar(before) or 0

    # making

    async def take(self, owner: str) -> Film | None:
        """Lease the next film: one that waits, or one whose lease has run out."""
        self._bell.listen()
        free = or_(Film.status == Status.WAITING, and_(Film.status == Status.RUNNING, Film.lease_until < now()))
        first = select(Film).where(_open(), free).order_by(*_turn()).limit(1)
        async with self._write() as session:
            film = await session.scalar(first.with_for_update(skip_locked=True, of=Film))
            if film is not None:
                film.status, film.progress, film.attempts = Status.RUNNING, 0.0, film.attempts + 1
                film.lease_owner, film.lease_until = owner, now() + self._lease
            return film

    async def wait(self, seconds: float | None = None) -> None:
        """Sleep until there is news, a lease may have run out, or the seconds pass."""
        lease = self._lease.total_seconds()
        await self._bell.wait(lease if seconds is None else min(lease, seconds))

    async def beat(self, film: Film, owner: str, progress: float) -> bool:
        """Renew a lease and record the progress; False when it was lost or the film is no longer wanted."""
        return await self._set(*_leased(film, owner), progress=progress, lease_until=now() + self._lease)

    async def finish(self, film: Film, owner: str, status: Status) -> Film | None:
        """Record how it ended; its lease lasts on for its delivery. None when the lease was lost."""
        async with self._write() as session:
            own = select(Film).where(*_leased(film, owner)).with_for_update(of=Film)
            mine = await session.scalar(own)
            if mine is not None:
                mine.status, mine.lease_until = status, now() + self._lease
            return mine

    async def give_back(self, film: Film, owner: str) -> None:
        """Let it wait again, in its old place, as a worker that stops does; it costs no attempt."""
        free = {"status": Status.WAITING, "lease_owner": None, "lease_until": None}
        await self._set(*_leased(film, owner), **free, attempts=film.attempts - 1)
        self._bell.ring()

    async def rescue(self) -> None:
        """At the start of the only program on a database each lease is one of its former life."""
        await self._set(Film.status == Status.RUNNING, status=Status.WAITING, lease_owner=None, lease_until=None)
        await self._set(Film.message_id.is_not(None), lease_owner=None, lease_until=None)

    # showing

    async def waiting(self, limit: int) -> list[Film]:
        """Those that somebody waits for and that are next."""
        async with self._read() as session:
            some = select(Film).where(_open(), Film.status == Status.WAITING, Film.message_id.is_not(None))
            return list(await session.scalars(some.order_by(*_turn()).limit(limit)))

    async def undelivered(self, owner: str) -> list[Film]:
        """What has ended and somebody still waits for: the owner's own, and what others left behind."""
        mine = or_(Film.lease_owner == owner, Film.lease_owner.is_(None), Film.lease_until < now())
        async with self._read() as session:
            ended = select(Film).where(Film.message_id.is_not(None), ~_open(), mine)
            return list(await session.scalars(ended.order_by(*_turn())))

    async def delivered(self, film: Film, file_id: str | None) -> None:
        """Its message shows it, or how it ended: nobody waits any more."""
        known = {} if file_id is None else {"file_id": file_id}
        nobody = dict.fromkeys(("person_id", "chat_id", "thread_id", "message_id", "lease_owner", "lease_until"))
        await self._set(*_this(film.expansion_id, film.kind), **known, **nobody)

    async def _set(self, *where: ColumnElement[bool], **values: object) -> bool:
        async with self._write() as session:
            changed = await session.execute(update(Film).where(*where).values(**values).returning(Film.expansion_id))
            return changed.first() is not None


def _this(expansion_id: int, kind: FilmKind) -> tuple[ColumnElement[bool], ...]:
    return Film.expansion_id == expansion_id, Film.kind == kind


def _leased(film: Film, owner: str) -> tuple[ColumnElement[bool], ...]:
    running = Film.status == Status.RUNNING
    return *_this(film.expansion_id, film.kind), Film.lease_owner == owner, running


def _open() -> ColumnElement[bool]:
    return Film.status.in_(LIVE_STATUSES)


def _turn() -> tuple[ColumnElement[bool], ColumnElement[datetime], ColumnElement[int]]:
    return Film.message_id.is_(None), Film.asked_at.expression, Film.expansion_id.expression


async def _waits_for_another(session: AsyncSession, person_id: int, film: Film) -> bool:
    others = or_(Film.expansion_id != film.expansion_id, Film.kind != film.kind)
    theirs = select(Film.expansion_id).where(Film.person_id == person_id, _open(), others)
    return await session.scalar(theirs.limit(1)) is not None
