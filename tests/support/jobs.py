"""What tests ask about jobs."""

from __future__ import annotations

from bot.bootstrap import Kuotu


async def unshown(kuotu: Kuotu, person_id: int) -> list[int]:
    """The subjects of a person's jobs that are not over: live ones, and ends that are not shown yet."""
    jobs = (await kuotu.services.people.export(person_id))["jobs"]
    return [job["subject"] for job in jobs if job["settled_at"] is None]
