"""The jobs that make expansions: placed before they are taken, one running per person, in fair turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.jobs.fairness import next_turn
from storage.jobs.kinds import JobKind, Record
from storage.jobs.lease import LEASE, submit
from storage.models import Expansion, FilmKind, Job, Photo, Status

NAME = "expansion"


class Made(TypedDict, total=False):
    """What came out of an expansion, and how."""

    result: Photo
    preview: str  # the key of a blob
    engine: str
    model: str
    seconds: float
    seed: int  # the one that was used
    verdict: str  # of the safety check
    surprise: float  # the machine's guess, 0 to 1
    words: list[str]  # ids of those that were drawn
    recipe: dict[str, Any]  # what the picture depends on besides what was asked, as JSON values


async def _record_end(session: AsyncSession, job: Job) -> None:
    ended = {"status": job.status, "started_at": job.started_at, "finished_at": job.ended_at}
    failed = {"error": job.error} if job.status is Status.FAILED else {}
    await session.execute(update(Expansion).where(Expansion.id == job.subject).values(ended | failed))


EXPANSIONS = JobKind((NAME,), _record_end, one_each=True)


def recorded(expansion_id: int, **made: Unpack[Made]) -> Record:
    """What writes the result into the expansion's row, in the transaction that ends the job."""

    async def record(session: AsyncSession) -> None:
        expansion = await session.get_one(Expansion, expansion_id)
        for name, value in made.items():
            setattr(expansion, name, value)

    return record


async def enqueue(session: AsyncSession, expansions: Sequence[Expansion], priority: int) -> None:
    """One person's new expansions become jobs of one turn, held until their message is known."""
    person_id = expansions[0].person_id
    turn = await next_turn(session, NAME, person_id, priority)
    for expansion in expansions:
        job = Job(kind=NAME, subject=expansion.id, person_id=person_id, turn=turn, priority=priority)
        await submit(session, job, held=LEASE)


async def drop_jobs(session: AsyncSession, expansion_ids: Sequence[int]) -> list[int]:
    """The expansions are to be deleted: so are their jobs and those of their films; gives those that were running."""
    kinds = [NAME, *FilmKind]
    gone = delete(Job).where(Job.kind.in_(kinds), Job.subject.in_(expansion_ids))
    dropped = await session.execute(gone.returning(Job.kind, Job.subject, Job.status))
    return sorted(subject for kind, subject, status in dropped if kind == NAME and status is Status.RUNNING)
