"""Rate limits that several programs share: token buckets in the database.

J. Turner, «New directions in communications (or which way to the information age?)», IEEE Communications Magazine 24,
1986. A bucket is stored as the moment when it will be full again, as the generic cell rate algorithm does (ITU-T
I.371, annex A): taking tokens moves the moment ahead, and is refused if it were too far ahead.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Float, case, delete, func, literal, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import transactions
from storage.models import Bucket

TIDY = 256  # takings between two deletions of buckets that are full again


@dataclass(frozen=True)
class Rate:
    """How many tokens a bucket holds, and how many it gets in a second."""

    burst: float
    per_second: float


class Buckets:
    """Stores the buckets. Times are the database's, because the clocks of several machines differ."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], float] | None = None) -> None:
        self._read, self._write = transactions(engine)
        self._clock = clock
        self._taken = 0

    async def take(self, name: str, tokens: float, rate: Rate) -> float:
        """Take tokens from a bucket. Returns 0 if there were enough, or else the seconds until there are, at most."""
        self._taken += 1
        span, most = tokens / rate.per_second, rate.burst / rate.per_second
        async with self._write() as session:
            now = self._now(session)
            since = case((Bucket.full_at > now, Bucket.full_at), else_=now)
            insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
            full = insert(Bucket).values(name=name, full_at=now + span)
            enough = since + span <= now + most
            taken = full.on_conflict_do_update(index_elements=["name"], set_={"full_at": since + span}, where=enough)
            if span <= most and await session.scalar(taken.returning(Bucket.name)) is not None:
                if self._taken % TIDY == 0:
                    await self._tidy(session)
                return 0.0
            lacking = select(Bucket.full_at + span - most - now).where(Bucket.name == name)
            wait = await session.scalar(lacking)
            return max(0.001, span if wait is None else float(wait))

    async def _tidy(self, session: AsyncSession) -> None:
        full = select(Bucket.name).where(Bucket.full_at < self._now(session)).with_for_update(skip_locked=True)
        await session.execute(delete(Bucket).where(Bucket.name.in_(full)))

    def _now(self, session: AsyncSession) -> ColumnElement[float]:
        if self._clock is None and session.get_bind().dialect.name == "postgresql":
            return type_coerce(func.extract("epoch", func.clock_timestamp()), Float(53))
        return literal((self._clock or time.time)(), Float(53))
