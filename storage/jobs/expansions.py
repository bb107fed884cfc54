"""The jobs of expansions: taken only after their message is known, one running per person, in fair turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.jobs.dispatch import ANY
from storage.jobs.fairness import next_turn
from storage.jobs.kinds import JobKind, Record
from storage.jobs.lease import CLAIM, held_back
from storage.models import Appearance, Expansion, FilmKind, Job, Photo, Status

NAME = "expansion"


class Made(TypedDict, total=False):
    """The result of an expansion, and how it was made."""

    result: Photo
    preview: str  # the key of its blob
    engine: str
    model: str
    seconds: float
    seed: int  # the seed that was used
    verdict: str  # of the safety check
    surprise: float  # an estimate, 0 to 1
    words: list[str]  # ids of words drawn by the style
    recipe: dict[str, Any]  # everything besides the request that the picture depends on, as JSON values


async def _record_end(session: AsyncSession, job: Job) -> None:
    ended = {"status": job.status, "started_at": job.started_at, "finished_at": job.ended_at}
    failed = {"error": job.error} if job.status is Status.FAILED else {}
    await session.execute(update(Expansion).where(Expansion.id == job.subject).values(ended | failed))
    if job.status is not Status.DONE:  # nothing was painted, so nobody walked into it
        await session.execute(delete(Appearance).where(Appearance.expansion_id == job.subject))


EXPANSIONS = JobKind((NAME,), _record_end, one_each=True)


def recorded(expansion_id: int, **made: Unpack[Made]) -> Record:
    """Return a function that writes a result into the row of its expansion, in the transaction that ends the job."""

    async def record(session: AsyncSession) -> None:
        expansion = await session.get_one(Expansion, expansion_id)
        for name, value in made.items():
            setattr(expansion, name, value)

    return record


async def enqueue(
    session: AsyncSession,
    expansions: Sequence[Expansion],
    priority: int,
    presets: Mapping[str, str],
    held: timedelta | None = CLAIM,
) -> None:
    """Create jobs of one turn for one person's new expansions. They are `held` until their message is known.

    `presets` are those of the expansions, by key. Every worker may take the others.
    """
    person_id = expansions[0].person_id
    turn = await next_turn(session, NAME, person_id, priority)
    for expansion in expansions:
        job = Job(kind=NAME, subject=expansion.id, person_id=person_id, turn=turn, priority=priority)
        job.preset = presets.get(expansion.key, ANY)
        session.add(job if held is None else held_back(session, job, held))
    await session.flush()


async def drop_jobs(session: AsyncSession, expansion_ids: Sequence[int]) -> list[int]:
    """Delete the jobs of expansions and of their films. Returns the ids of the expansions that were running."""
    kinds = [NAME, *FilmKind]
    gone = delete(Job).where(Job.kind.in_(kinds), Job.subject.in_(expansion_ids))
    dropped = await session.execute(gone.returning(Job.kind, Job.subject, Job.status))
    return sorted(subject for kind, subject, status in dropped if kind == NAME and status is Status.RUNNING)
