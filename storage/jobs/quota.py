"""Limits how many expansions a person may start in 24 hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Expansion, Status, now

DAY = timedelta(hours=24)


class QuotaSpent(Exception):
    """A start would exceed the quota: `used` of `quota` are used, and the start is possible again at `again_at`."""

    def __init__(self, used: int, quota: int, again_at: datetime) -> None:
        super().__init__(f"{used} of {quota} expansions used in 24 hours; again at {again_at:%Y-%m-%d %H:%M} UTC")
        self.used, self.quota, self.again_at = used, quota, again_at


async def spend(session: AsyncSession, person_id: int, count: int, quota: int | None) -> None:
    """Check that `count` more expansions fit into the quota. Raises QuotaSpent. A quota of None is no limit."""
    if quota is None:
        return
    starts = await _starts_today(session, person_id)
    excess = len(starts) + count - quota  # how many must become older than 24 hours first
    if excess > 0:
        last = starts[min(excess, len(starts)) - 1] + DAY if starts else now()
        raise QuotaSpent(len(starts), quota, last)


async def _starts_today(session: AsyncSession, person_id: int) -> list[datetime]:
    """Return when the expansions of the last 24 hours were started, oldest first, without failed and cancelled ones."""
    counted = select(Expansion.created_at).where(
        Expansion.person_id == person_id,
        Expansion.created_at > now() - DAY,
        Expansion.status.not_in([Status.FAILED, Status.CANCELLED]),
    )
    return list(await session.scalars(counted.order_by(Expansion.created_at)))
