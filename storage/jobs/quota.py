"""Limits how many expansions a person may start in 24 hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Expansion, SpentQuota, Status, now

DAY = timedelta(hours=24)
HOUR = 3600  # seconds


class QuotaSpent(Exception):
    """A start would exceed the quota: `used` of `quota` are used, and the start is possible again at `again_at`."""

    def __init__(self, used: int, quota: int, again_at: datetime) -> None:
        super().__init__(f"{used} of {quota} expansions used in 24 hours; again at {again_at:%Y-%m-%d %H:%M} UTC")
        self.used, self.quota, self.again_at = used, quota, again_at


async def spend(session: AsyncSession, person_id: int, count: int, quota: int | None) -> int | None:
    """Check that `count` more expansions fit into the quota, and return how many are left after them.

    Raises QuotaSpent. A quota of None is no limit, and leaves None.
    """
    if quota is None:
        return None
    starts = sorted(await _spent_today(session, person_id))
    excess = len(starts) + count - quota  # how many must become older than 24 hours first
    if excess > 0:
        last = min(starts[min(excess, len(starts)) - 1], now()) + DAY if starts else now()
        raise QuotaSpent(len(starts), quota, last)
    return -excess


async def left(session: AsyncSession, person_id: int, quota: int) -> int:
    """Return how many expansions a person may still start in these 24 hours."""
    return max(0, quota - len(await _spent_today(session, person_id)))


async def keep_spent(session: AsyncSession, expansions: Iterable[Expansion]) -> None:
    """Go on counting painted expansions of the last 24 hours, which this transaction deletes, as bare numbers."""
    since = now() - DAY
    painted = [one for one in expansions if one.status is Status.DONE and one.created_at > since]
    counts = Counter((one.person_id, int(one.created_at.timestamp()) // HOUR) for one in painted)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for (person_id, hour), count in sorted(counts.items()):  # in order, so that no deadlock arises
        row = insert(SpentQuota).values(person_id=person_id, hour=hour, count=count)
        more = {"count": SpentQuota.count + count}
        await session.execute(row.on_conflict_do_update(index_elements=["person_id", "hour"], set_=more))


async def forget_spent(session: AsyncSession) -> None:
    """Delete the numbers that are too old to count."""
    await session.execute(delete(SpentQuota).where(SpentQuota.hour < _oldest_hour()))


async def _spent_today(session: AsyncSession, person_id: int) -> list[datetime]:
    """Return when each expansion of the last 24 hours was started, the deleted ones included."""
    return await _starts_today(session, person_id) + await _deleted_today(session, person_id)


async def _starts_today(session: AsyncSession, person_id: int) -> list[datetime]:
    """Return when the expansions of the last 24 hours were started, without failed and cancelled ones."""
    counted = select(Expansion.created_at).where(
        Expansion.person_id == person_id,
        Expansion.created_at > now() - DAY,
        Expansion.status.not_in([Status.FAILED, Status.CANCELLED]),
    )
    return list(await session.scalars(counted))


async def _deleted_today(session: AsyncSession, person_id: int) -> list[datetime]:
    """Return a moment for each deleted expansion: the end of the hour in which it was started."""
    kept = select(SpentQuota).where(SpentQuota.person_id == person_id, SpentQuota.hour >= _oldest_hour())
    rows = await session.scalars(kept)
    return [datetime.fromtimestamp((row.hour + 1) * HOUR, UTC) for row in rows for _ in range(row.count)]


def _oldest_hour() -> int:
    """Return the first hour that has not ended 24 hours ago."""
    return int((now() - DAY).timestamp()) // HOUR
