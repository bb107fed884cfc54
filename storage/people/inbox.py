"""Received updates that are not handled yet. They are stored before Telegram is told that they arrived."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.models import Received

MOST_TRIES = 3


class Inbox:
    """At-least-once delivery. An update that a crash interrupts is handled again, at most MOST_TRIES times."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    async def add(self, update_id: int, body: str) -> bool:
        """Store an update. Returns False if it is stored already."""
        async with self.engine.begin() as connection:
            row = self._insert(Received).values(update_id=update_id, body=body).on_conflict_do_nothing()
            return bool((await connection.execute(row)).rowcount)

    async def done(self, update_id: int) -> None:
        """Delete an update that was handled."""
        async with self.engine.begin() as connection:
            await connection.execute(delete(Received).where(Received.update_id == update_id))

    async def left_over(self) -> list[str]:
        """Return the updates that an earlier run left, oldest first. Each call counts as a try."""
        async with self.engine.begin() as connection:
            await connection.execute(delete(Received).where(Received.tries >= MOST_TRIES))
            await connection.execute(update(Received).values(tries=Received.tries + 1))
            return list((await connection.execute(select(Received.body).order_by(Received.update_id))).scalars())
