"""Computes turns by start-time fair queueing between people.

Goyal, Vin and Cheng, «Start-time Fair Queuing: A Scheduling Algorithm for Integrated Services Packet Switching
Networks», SIGCOMM 1996, section 2: the start tag of a job is the greater of the virtual time (the start tag last
served) and the finish tag of the previous job in its flow. Jobs run in the order of their start tags. Here each person
is a flow, and each start has length 1.
"""

from __future__ import annotations

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.jobs.clock import from_now
from storage.jobs.lease import about
from storage.models import FINAL_STATUSES, Job, Status


async def next_turn(session: AsyncSession, kind: str, person_id: int, priority: int) -> int:
    """Return the start tag of what this person starts now. Each priority has its own virtual time."""
    latest = select(Job.turn).where(Job.kind == kind, Job.priority == priority).order_by(Job.turn.desc()).limit(1)
    virtual_time = await session.scalar(latest.where(Job.started_at.is_not(None)))
    ran_or_may = or_(Job.status != Status.CANCELLED, Job.started_at.is_not(None))
    previous = await session.scalar(latest.where(Job.person_id == person_id, ran_or_may))
    return max(virtual_time or 0, 0 if previous is None else previous + 1)


async def settle(session: AsyncSession, kind: str, subject: int) -> None:
    """Record that the end of a job has been shown, and delete settled jobs that no turn is computed from.

    A settled job matters only while its finish tag is above the virtual time. So jobs with a lower turn than the last
    started one can be deleted.
    """
    this = (*about(kind, subject), Job.status.in_(FINAL_STATUSES))
    settled = update(Job).where(*this).values(settled_at=from_now(session), owner=None, until=None)
    job = await session.scalar(settled.returning(Job))
    if job is None:
        return
    told = or_(Job.turn < job.turn, Job.started_at.is_(None))
    old = select(Job.id).where(Job.kind == kind, Job.priority == job.priority, Job.settled_at.is_not(None), told)
    await session.execute(delete(Job).where(Job.id.in_(old.with_for_update(skip_locked=True))))
