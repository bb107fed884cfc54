"""Received updates. They are stored before Telegram is told that they arrived, and kept until they were handled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import transactions
from storage.models import Received, now

REMEMBERED = timedelta(hours=24)  # Telegram delivers an update again within this time at most


@dataclass(frozen=True)
class Unhandled:
    """An update that an earlier run left. `tries` counts how often its handling has begun."""

    update_id: int
    body: str
    tries: int


class Inbox:
    """At-least-once delivery: an update that a crash interrupts is handled again."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    async def record(
        self, received: Mapping[int, str], begun: Collection[int] = (), done: Collection[int] = ()
    ) -> set[int]:
        """Store new updates (bodies by id), count tries that begin now, and record updates that were handled.

        All of it is one transaction. Returns the ids of those that are new; an update may arrive more than once.
        """
        async with self._write() as session:
            fresh = await self._add(session, received, begun)
            if again := [number for number in begun if number not in received]:
                tried = update(Received).where(Received.update_id.in_(again))
                await session.execute(tried.values(tries=Received.tries + 1))
            if done:
                these = update(Received).where(Received.update_id.in_(done))
                await session.execute(these.values(handled_at=now(), body=""))
            return fresh

    async def unhandled(self) -> list[Unhandled]:
        """Return the updates that an earlier run left, oldest first."""
        left = select(Received.update_id, Received.body, Received.tries).where(Received.handled_at.is_(None))
        async with self._read() as session:
            return [Unhandled(*row) for row in await session.execute(left.order_by(Received.update_id))]

    async def sweep(self) -> None:
        """Delete the ids that were handled long ago."""
        async with self._write() as session:
            await session.execute(delete(Received).where(Received.handled_at < now() - REMEMBERED))

    async def _add(self, session: AsyncSession, received: Mapping[int, str], begun: Collection[int]) -> set[int]:
        if not received:
            return set()
        rows = [{"update_id": one, "body": body, "tries": int(one in begun)} for one, body in received.items()]
        new = self._insert(Received).values(rows).on_conflict_do_nothing().returning(Received.update_id)
        return set(await session.scalars(new))
