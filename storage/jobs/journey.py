"""Journeys: several steps outward, started by one tap. Each step is an ordinary expansion of the result before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.jobs.expansions import NAME, enqueue
from storage.jobs.lease import about
from storage.models import Expansion, Job


class Next(TypedDict):
    """What the next step asks for, besides what all steps have in common. Lengths are in px."""

    left: int
    top: int
    right: int
    bottom: int
    seed: int


def followed(expansion_id: int, **asked: Unpack[Next]) -> Callable[[AsyncSession], Awaitable[None]]:
    """Return a function that starts the next step in the transaction that ends this one, so that it starts once.

    A journey that was cancelled ends here, even if its painter was too quick to notice.
    """

    async def record(session: AsyncSession) -> None:
        await session.flush()
        painted = await session.get_one(Expansion, expansion_id)
        job = await session.scalar(select(Job).where(*about(NAME, expansion_id)))
        if job is None or job.cancel or not painted.following:
            return
        step = Expansion(**_in_common(painted), **asked, message_id=await _message_of(session, painted))
        session.add(step)
        await session.flush()
        await enqueue(session, [step], job.priority, {step.key: job.preset}, held=None)

    return record


def _in_common(painted: Expansion) -> dict[str, object]:
    """Return the columns of the next step that do not depend on its canvas."""
    same = (
        *("panel_id", "person_id", "chat_id", "thread_id"),
        *("batch", "steps", "direction", "scale", "style", "prompt", "chosen_engine"),
    )
    number = painted.variant + 1
    new = {"key": f"{painted.batch}:{number}", "variant": number, "source_id": painted.result_id}
    return {name: getattr(painted, name) for name in same} | new


async def _message_of(session: AsyncSession, painted: Expansion) -> int | None:
    """Return the status message of the journey. A step that was started while it was replaced does not know it."""
    known = (Expansion.batch == painted.batch, Expansion.message_id.is_not(None))
    newest = select(Expansion.message_id).where(*known).order_by(Expansion.variant.desc()).limit(1)
    return await session.scalar(newest)
