"""Queries about jobs for tests."""

from __future__ import annotations

from bot.bootstrap import Kuotu


async def unshown(kuotu: Kuotu, person_id: int) -> list[int]:
    """Return the subjects of a person's jobs that are live, or whose end has not been shown."""
    jobs = (await kuotu.services.people.export(person_id))["jobs"]
    return [job["subject"] for job in jobs if job["settled_at"] is None]
