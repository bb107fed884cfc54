"""Deletes expansions with everything that shows them, because the pictures in them were withdrawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.cleanup.orphans import drop_photos, lock_photos, previews
from storage.gallery.weights import withdraw
from storage.jobs.expansions import drop_jobs
from storage.jobs.quota import keep_spent
from storage.models import Expansion, Impression, Photo, Post
from storage.people.sent import Sent, take_sent


@dataclass(frozen=True)
class Forgotten:
    """What is left to do after rows are deleted."""

    messages: list[Sent]  # these show what was deleted
    running: list[int]  # expansions whose workers must stop
    others: dict[int, list[Expansion]]  # other people's expansions of a person's images, by author


@dataclass(frozen=True)
class Erased:
    """The rows that were deleted, and what showed them."""

    messages: list[Sent]
    running: list[int]
    expansions: list[Expansion]
    blobs: list[str]  # that the rows named, by their keys

    def seen_by(self, person_id: int) -> Forgotten:
        """Return what is left to do, if this person withdrew the pictures."""
        others: dict[int, list[Expansion]] = defaultdict(list)
        for expansion in self.expansions:
            if expansion.person_id != person_id:
                others[expansion.person_id].append(expansion)
        return Forgotten(self.messages, self.running, dict(others))


async def erase(session: AsyncSession, ids: Sequence[int], person_id: int | None = None) -> Erased:
    """Delete expansions, their results and their jobs, and the rows of the messages that show them.

    With `person_id`, everything else that this person sent goes, too: photos, votes, and the rows of messages to them.
    """
    running = await drop_jobs(session, ids)  # before the results are read: none can be added any more
    expansions = list(await session.scalars(select(Expansion).where(Expansion.id.in_(ids)).order_by(Expansion.id)))
    results = [expansion.result_id for expansion in expansions if expansion.result_id is not None]
    photos = list(await session.scalars(select(Photo).where(or_(Photo.person_id == person_id, Photo.id.in_(results)))))
    session.expunge_all()  # the objects are used after their rows are deleted
    await _lock_votes(session, person_id, ids)
    messages = await take_sent(session, person_id, ids, [photo.id for photo in photos])
    if person_id is not None:
        await withdraw(session, person_id)
    await keep_spent(session, expansions)
    await session.execute(delete(Expansion).where(Expansion.id.in_(ids)))
    late = await _started_meanwhile(session, [photo.id for photo in photos])
    blobs = previews(expansions) + await drop_photos(session, photos)
    return Erased(messages + late.messages, running + late.running, expansions + late.expansions, blobs + late.blobs)


async def _started_meanwhile(session: AsyncSession, photos: Sequence[int]) -> Erased:
    """Delete the expansions of these photos that were started since they were looked for, and let no other start."""
    await lock_photos(session, photos)
    started = select(Expansion.id).where(Expansion.source_id.in_(photos)).order_by(Expansion.id)
    ids = list(await session.scalars(started))
    return await erase(session, ids) if ids else Erased([], [], [], [])


async def _lock_votes(session: AsyncSession, person_id: int | None, expansions: Sequence[int]) -> None:
    """Lock the votes on these expansions and on those that a person saw, in order, so that no deadlock arises."""
    seen = select(Post.expansion_id).join(Impression, Impression.post_id == Post.id)
    concerned = or_(Expansion.id.in_(expansions), Expansion.id.in_(seen.where(Impression.person_id == person_id)))
    held = select(Expansion.id).where(concerned).order_by(Expansion.id)
    await session.execute(held.with_for_update(key_share=True))
