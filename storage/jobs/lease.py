"""Leases: who may write to a job, for how long, and what becomes of one that ends without a result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, case, delete, false, or_, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import get_or_add
from storage.jobs.clock import from_now
from storage.models import FINAL_STATUSES, Job, Status, status_is

ATTEMPTS = 3  # a job that took its worker down this often is not tried again
LEASE = timedelta(seconds=30)
PLACING = "placing"  # holds a job from its start until its message is known


def about(name: str, *subjects: int) -> tuple[ColumnElement[bool], ...]:
    return Job.kind == name, Job.subject.in_(subjects)


def leased(job: Job) -> tuple[ColumnElement[bool], ...]:
    """The fence: true only while nobody has leased the job again, and it has not ended."""
    return Job.id == job.id, Job.fence == job.fence, status_is(Job, Status.RUNNING)


def given_back(session: AsyncSession, *, tried: bool = True) -> dict[str, object]:
    """What a lease without a result leaves: cancelled if that was asked, else another try while there are any."""
    spent = and_(true() if tried else false(), Job.attempts >= ATTEMPTS)
    return {
        "status": case((Job.cancel, Status.CANCELLED), (spent, Status.FAILED), else_=Status.WAITING),
        "attempts": Job.attempts if tried else Job.attempts - 1,
        "ended_at": case((or_(Job.cancel, spent), from_now(session)), else_=None),
        "owner": None,
        "until": None,
    }


# what is done to jobs in the transactions of their subjects


async def submit(session: AsyncSession, job: Job, *, held: timedelta | None = None) -> Job:
    """Add a job, or give the open one about the same subject. `held`: nobody takes it until it is placed."""
    ended = Job.status.in_(FINAL_STATUSES)
    await session.execute(delete(Job).where(*about(job.kind, job.subject), ended))
    if held is not None:
        job.owner = PLACING
    row = await get_or_add(session, job, *about(job.kind, job.subject))
    if held is not None:
        await session.flush()
        await session.execute(update(Job).where(Job.id == row.id).values(until=from_now(session, held)))
    return row


async def let_go(session: AsyncSession, name: str, subjects: Sequence[int]) -> None:
    """Their message is known: workers may take those that wait."""
    waiting = update(Job).where(*about(name, *subjects), Job.status.not_in([Status.RUNNING]))
    await session.execute(waiting.values(owner=None, until=None))


async def drop(session: AsyncSession, name: str, *subjects: int, ended: bool = False) -> None:
    """Delete jobs, `ended`: unless they are open; a worker that runs one finds its lease lost."""
    these = delete(Job).where(*about(name, *subjects))
    await session.execute(these.where(Job.status.in_(FINAL_STATUSES)) if ended else these)
