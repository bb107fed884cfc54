"""Queries about jobs for tests."""

from __future__ import annotations

import asyncio

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import Kuotu
from storage.database import transactions
from storage.jobs.workers import SEEN
from storage.models import Job, now
from tests.support.limits import HANG


async def unshown(kuotu: Kuotu, person_id: int, kind: str = "") -> list[int]:
    """Return the subjects of a person's jobs, of one kind if named, that are live or whose end has not been shown."""
    jobs = (await kuotu.services.people.export(person_id))["jobs"]
    return [job["subject"] for job in jobs if job["settled_at"] is None and job["kind"].startswith(kind)]


async def all_shown(kuotu: Kuotu, person_id: int, kind: str = "") -> None:
    """Wait until the end of every job of a person, of one kind if named, has been shown or given up."""
    async with asyncio.timeout(HANG):
        while True:
            if not await unshown(kuotu, person_id, kind):
                return
            await asyncio.sleep(0.01)  # the watch over the queue works in its own time


async def wait_long(engine: AsyncEngine) -> None:
    """Make all jobs as old as those for which a worker should have come by now."""
    async with transactions(engine).write() as session:
        await session.execute(update(Job).values(asked_at=now() - 2 * SEEN))
