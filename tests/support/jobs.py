"""Queries about jobs for tests."""

from __future__ import annotations

import asyncio

from bot.bootstrap import Kuotu
from tests.support.limits import HANG


async def unshown(kuotu: Kuotu, person_id: int) -> list[int]:
    """Return the subjects of a person's jobs that are live, or whose end has not been shown."""
    jobs = (await kuotu.services.people.export(person_id))["jobs"]
    return [job["subject"] for job in jobs if job["settled_at"] is None]


async def all_shown(kuotu: Kuotu, person_id: int) -> None:
    """Wait until the end of every job of a person has been shown, or given up."""
    async with asyncio.timeout(HANG):
        while True:
            if not await unshown(kuotu, person_id):
                return
            await asyncio.sleep(0.01)  # the watch over the queue works in its own time
