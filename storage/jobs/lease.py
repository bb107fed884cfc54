"""Leases: who may write to a job, for how long, and what happens when a lease ends without a result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, case, delete, false, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import get_or_add
from storage.jobs.clock import from_now
from storage.models import FINAL_STATUSES, Job, Status, status_is

ATTEMPTS = 3  # a job that has failed this often is not tried again
LEASE = timedelta(seconds=6)  # of a worker, which renews it every two seconds
CLAIM = timedelta(seconds=30)  # of a program that sends the message of a job, or shows its end
PLACING = "placing"  # owns a new job until its message is known


def about(name: str, *subjects: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the jobs of these subjects."""
    return Job.kind == name, Job.subject.in_(subjects)


def leased(job: Job) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that hold as long as this lease is valid: the job is running and its fence is unchanged."""
    return Job.id == job.id, Job.fence == job.fence, status_is(Job, Status.RUNNING)


def owned(session: AsyncSession, owner: str, lease: timedelta) -> dict[str, object]:
    """Return the values of a job that a program holds from now on."""
    return {"owner": owner, "until": from_now(session, lease), "fence": Job.fence + 1}


def begun(session: AsyncSession, owner: str, lease: timedelta) -> dict[str, object]:
    """Return the values of a job that a worker begins."""
    running = {"status": Status.RUNNING, "attempts": Job.attempts + 1, "started_at": from_now(session), "progress": 0.0}
    return owned(session, owner, lease) | running


def given_back(session: AsyncSession, *, tried: bool = True) -> dict[str, object]:
    """Return the values of a job whose lease ends without a result.

    The job is cancelled if that was requested, failed if its attempts are used up, and otherwise waits again. `tried`
    counts the attempt.
    """
    spent = and_(true() if tried else false(), Job.attempts >= ATTEMPTS)
    return {
        "status": case((Job.cancel, Status.CANCELLED), (spent, Status.FAILED), else_=Status.WAITING),
        "attempts": Job.attempts if tried else Job.attempts - 1,
        "ended_at": case((or_(Job.cancel, spent), from_now(session)), else_=None),
        "owner": None,
        "until": None,
    }


def cancelled(session: AsyncSession) -> dict[str, object]:
    """Return the values of a live job that is to be cancelled. It ends if it waits; its worker ends it if it runs."""
    waits = status_is(Job, Status.WAITING)
    ended = {"status": case((waits, Status.CANCELLED), else_=Job.status)}
    return {"cancel": True, **ended, "ended_at": case((waits, from_now(session)), else_=None)}


# changes to jobs inside the transactions of their subjects


async def submit(session: AsyncSession, job: Job) -> Job:
    """Add a job, or return the open job of the same subject."""
    ended = Job.status.in_(FINAL_STATUSES)
    await session.execute(delete(Job).where(*about(job.kind, job.subject), ended))
    return await get_or_add(session, job, *about(job.kind, job.subject))


def held_back(session: AsyncSession, job: Job, held: timedelta) -> Job:
    """Let no worker take a new job until it is placed. If that takes longer, another program may place it."""
    job.owner = PLACING
    job.until = from_now(session, held)  # an expression that the INSERT evaluates
    return job


async def let_go(session: AsyncSession, name: str, subjects: Sequence[int]) -> None:
    """Let workers take these jobs, because their message is known."""
    waiting = update(Job).where(*about(name, *subjects), Job.status.not_in([Status.RUNNING]))
    await session.execute(waiting.values(owner=None, until=None))


def nobodys(session: AsyncSession, *where: ColumnElement[bool]) -> Select[int]:
    """Select the ids of the jobs that match these conditions and that nobody holds, oldest first."""
    free = or_(Job.until.is_(None), Job.until < from_now(session))
    return select(Job.id).where(*where, free).order_by(Job.id)


async def claim(session: AsyncSession, owner: str, limit: int, *where: ColumnElement[bool]) -> list[Job]:
    """Lease jobs that match these conditions and that nobody holds, oldest first."""
    some = nobodys(session, *where).limit(limit).with_for_update(skip_locked=True)
    these = update(Job).where(Job.id.in_(some)).values(owned(session, owner, CLAIM))
    return sorted(await session.scalars(these.returning(Job)), key=lambda job: job.id)


async def run_out(session: AsyncSession, name: str, subjects: Sequence[int]) -> None:
    """End the leases of waiting jobs whose message could not be sent, so that another program sends it."""
    placing = (*about(name, *subjects), Job.owner.is_not(None), status_is(Job, Status.WAITING))
    await session.execute(update(Job).where(*placing).values(until=from_now(session)))


async def drop(session: AsyncSession, name: str, *subjects: int, ended: bool = False) -> None:
    """Delete jobs. A worker that runs one finds its lease lost. With `ended`, only ended jobs are deleted."""
    these = delete(Job).where(*about(name, *subjects))
    await session.execute(these.where(Job.status.in_(FINAL_STATUSES)) if ended else these)
