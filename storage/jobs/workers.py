"""Stores which workers are alive and what they paint with. All programs on a database see the same list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import get_or_add, transactions
from storage.jobs.clock import from_now
from storage.jobs.dispatch import ANY
from storage.jobs.expansions import EXPANSIONS
from storage.jobs.films import FILMS
from storage.jobs.listing import open_jobs
from storage.models import Job, Status, Worker

SEEN = timedelta(seconds=30)  # a worker that was not seen for longer is gone


class Workers:
    """The workers on one database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def seen(self, worker: Worker) -> None:
        """Record that a worker is alive, and forget those that are gone."""
        told = ("engine", "model", "devices", "presets", "memory")
        named = {name: getattr(worker, name) for name in told}
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

    async def missing(self) -> dict[str, int]:
        """Return the presets that waiting jobs name and no living worker serves, each with the number of these jobs.

        Jobs that wait only for a moment are not counted, because a worker may be starting.
        """
        async with self._read() as session:
            waits = or_(*(and_(*open_jobs(kind, Status.WAITING)) for kind in (EXPANSIONS, FILMS)))
            long = Job.asked_at < from_now(session, -SEEN)
            waiting = select(Job.preset, func.count()).where(waits, long).group_by(Job.preset)
            counts = {row[0]: row[1] for row in await session.execute(waiting)}
            lately = Worker.seen_at > from_now(session, -SEEN)
            alive = list(await session.scalars(select(Worker.presets).where(lately))) if counts else []
        served = {ANY, *chain.from_iterable(alive)} if alive else set()
        return {preset: count for preset, count in counts.items() if preset not in served}
