"""Whose turn it is: start-time fair queueing between people.

Goyal, Vin and Cheng, «Start-time Fair Queuing: A Scheduling Algorithm for Integrated Services Packet Switching
Networks», SIGCOMM 1996, section 2: a job's start tag is the greater of the virtual time (the start tag last served)
and the finish tag of its flow's previous job; jobs run in the order of their start tags. Here a flow is a person, and
every start has length 1.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Expansion, Status


async def next_turn(session: AsyncSession, person_id: int, priority: int) -> int:
    """The start tag of what this person starts now; each priority has its own virtual time."""
    latest = select(Expansion.turn).where(Expansion.priority == priority).order_by(Expansion.turn.desc()).limit(1)
    virtual_time = await session.scalar(latest.where(Expansion.started_at.is_not(None)))
    never_ran = (Expansion.status == Status.CANCELLED, Expansion.started_at.is_(None))
    previous = await session.scalar(
        latest.where(Expansion.person_id == person_id, or_(*(~condition for condition in never_ran)))
    )
    return max(virtual_time or 0, 0 if previous is None else previous + 1)
