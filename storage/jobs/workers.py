"""Stores which workers are alive and what they paint with. All programs on a database see the same list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import get_or_add, transactions
from storage.jobs.clock import from_now
from storage.models import Worker

SEEN = timedelta(seconds=30)  # a worker that was not seen for longer is gone


class Workers:
    """The workers on one database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def seen(self, worker: Worker) -> None:
        """Record that a worker is alive, and forget those that are gone."""
        named = {"engine": worker.engine, "model": worker.model, "devices": worker.devices, "memory": worker.memory}
        async with self._write() as session:
            await session.execute(delete(Worker).where(Worker.seen_at < from_now(session, -SEEN)))
            await get_or_add(session, worker, Worker.name == worker.name)
            this = update(Worker).where(Worker.name == worker.name)
            await session.execute(this.values(**named, seen_at=from_now(session)))

    async def gone(self, name: str) -> None:
        """Forget a worker that stops."""
        async with self._write() as session:
            await session.execute(delete(Worker).where(Worker.name == name))

    async def alive(self) -> Sequence[Worker]:
        """Return the workers that were seen lately, by name."""
        async with self._read() as session:
            lately = Worker.seen_at > from_now(session, -SEEN)
            return list(await session.scalars(select(Worker).where(lately).order_by(Worker.name)))
