"""The jobs of films. A film that somebody in a chat waits for is made before films for web pages."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import get_or_add, transactions
from storage.jobs.kinds import JobKind
from storage.jobs.lease import drop, submit
from storage.jobs.queue import Queue
from storage.models import Film, FilmKind, Job, Status

PAGE, CHAT = 0, 1  # priorities


class OneAtATime(Exception):
    """The person already waits for another film."""


async def _record_end(session: AsyncSession, job: Job) -> None:
    await session.execute(update(Film).where(*_this(job.subject, FilmKind(job.kind))).values(status=job.status))


FILMS = JobKind(tuple(FilmKind), _record_end)


class FilmStore:
    """Stores which films were requested, and by whom. `queue` holds the jobs that make them."""

    def __init__(self, engine: AsyncEngine, queue: Queue) -> None:
        self._read, self._write = transactions(engine)
        self.queue = queue

    async def film(self, expansion_id: int, kind: FilmKind) -> Film | None:
        """Return a film by its expansion and kind, or None if it was never requested."""
        async with self._read() as session:
            return await session.get(Film, (expansion_id, kind))

    async def job(self, film: Film) -> Job | None:
        """Return the job that makes a film, or None if its end has been shown."""
        jobs = await self.queue.jobs([film.expansion_id])
        return next((job for job in jobs if job.kind == film.kind), None)

    async def made(self, expansion_id: int) -> set[FilmKind]:
        """Return the kinds of film of an expansion that exist."""
        async with self._read() as session:
            done = Film.status == Status.DONE
            return set(await session.scalars(select(Film.kind).where(Film.expansion_id == expansion_id, done)))

    async def want(self, expansion_id: int, kinds: Iterable[FilmKind]) -> None:
        """Request films for a web page, at low priority. Films that exist already are not made again."""
        async with self._write() as session:
            for kind in kinds:
                film = await _film(session, expansion_id, kind)
                if not film.status.final:
                    await submit(session, Job(kind=kind, subject=expansion_id, priority=PAGE))
        await self.queue.put([expansion_id])

    async def claim(
        self,
        expansion_id: int,
        kind: FilmKind,
        person_id: int,
        chat_id: int,
        thread_id: int | None,
        *,
        beside: bool = False,
    ) -> tuple[Film, bool]:
        """Request a film for a chat. Returns the film, and whether the caller must send a message that will become it.

        If so, the caller stores the message by `place`. The answer is False if the film exists or another message waits
        for it. A tap that is repeated because the program crashed before `place` gets True again. Raises OneAtATime,
        but not for a film that is asked for `beside` another.
        """
        async with self._write() as session:
            await _film(session, expansion_id, kind)
            film = await session.get_one(Film, (expansion_id, kind), with_for_update=True, populate_existing=True)
            free = film.message_id is None and film.person_id in (None, person_id)
            if film.status is Status.DONE or not free:
                return film, False
            if not beside and await _waits_for_another(session, person_id, film):
                raise OneAtATime
            film.status = Status.WAITING
            job = await submit(session, Job(kind=kind, subject=expansion_id))
            job.person_id, job.priority = person_id, CHAT
            film.person_id, film.chat_id, film.thread_id = person_id, chat_id, thread_id
        await self.queue.put([expansion_id])
        return film, True

    async def place(
        self,
        expansion_id: int,
        kind: FilmKind,
        message_id: int,
        chat_id: int | None = None,
        thread_id: int | None = None,
    ) -> Film | None:
        """Store the message that will become a film. Returns the current row, or None if the film is gone.

        Its chat is given if it may be another one than the one that asked.
        """
        async with self._write() as session:
            film = await session.get(Film, (expansion_id, kind))
            if film is not None:
                film.message_id = message_id
                if chat_id is not None:
                    film.chat_id, film.thread_id = chat_id, thread_id
            return film

    async def ahead(self, film: Film) -> int:
        """Return how many films are made before this one."""
        place, counts = await self.queue.position(film.expansion_id, film.kind), await self.queue.counts()
        return max(0, place - 1) + counts[Status.RUNNING]

    async def over(self, job: Job) -> None:
        """Delete the job of a film that was deleted, because there is nothing to show."""
        async with self._write() as session:
            await drop(session, job.kind, job.subject)

    async def delivered(self, film: Film, file_id: str | None) -> None:
        """Record that the message shows the film or its failure. Nobody waits for it any more, and its job goes."""
        known = {} if file_id is None else {"file_id": file_id}
        nobody = dict.fromkeys(("person_id", "chat_id", "thread_id", "message_id"))
        async with self._write() as session:
            await drop(session, film.kind, film.expansion_id, ended=True)
            shown = update(Film).where(*_this(film.expansion_id, film.kind))
            await session.execute(shown.values(known | nobody))


def _this(expansion_id: int, kind: FilmKind) -> tuple[ColumnElement[bool], ...]:
    return Film.expansion_id == expansion_id, Film.kind == kind


async def _film(session: AsyncSession, expansion_id: int, kind: FilmKind) -> Film:
    return await get_or_add(session, Film(expansion_id=expansion_id, kind=kind), *_this(expansion_id, kind))


async def _waits_for_another(session: AsyncSession, person_id: int, film: Film) -> bool:
    others = or_(Film.expansion_id != film.expansion_id, Film.kind != film.kind)
    theirs = select(Film.expansion_id).where(Film.person_id == person_id, Film.status == Status.WAITING, others)
    return await session.scalar(theirs.limit(1)) is not None
