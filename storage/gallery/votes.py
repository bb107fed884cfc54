"""Updates a post's counters of votes and impressions together with its scores, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.gallery.ranking import hot, surprise, top
from storage.models import Feeling, Impression, Post, Reaction

COLUMNS = {feeling: feeling.name.lower() for feeling in Feeling}
COUNTED = (Post.laughing, Post.mind_blown, Post.loving, Post.screaming, Post.yawning, Post.impressions)


def scores(counts: Mapping[str, int], prior: float, created_at: datetime) -> dict[str, float]:
    """Return a post's scores by column, from its counters by column."""
    surprised = counts["laughing"] + counts["mind_blown"] + counts["screaming"]
    liked = surprised + counts["loving"] - counts["yawning"]
    surprising = {name: counts[name] for name in ("laughing", "mind_blown", "screaming", "impressions")}
    return {
        "surprise": surprise(**surprising, prior=prior),
        "top": top(surprised, counts["impressions"]),
        "hot": hot(liked, created_at),
    }


async def count(session: AsyncSession, post_id: int, changes: Counter[str]) -> None:
    """Add changes to a post's counters, by column, and recompute its scores.

    It is one UPDATE on purpose: PostgreSQL checks the foreign keys of a row that a transaction changes twice, and would
    wait for the expansion while it holds the post, which leads to deadlocks.
    """
    if not any(changes.values()):
        return
    held = select(*COUNTED, Post.prior, Post.created_at).where(Post.id == post_id).with_for_update(key_share=True)
    post = (await session.execute(held)).one()
    counts = {column.key: getattr(post, column.key) + changes[column.key] for column in COUNTED}
    changed = {name: getattr(Post, name) + change for name, change in changes.items()}
    scored = scores(counts, post.prior, post.created_at)
    await session.execute(update(Post).where(Post.id == post_id).values(changed | scored))


async def impress(session: AsyncSession, post_id: int, person_id: int) -> bool:
    """Record that a person saw a post, as their latest. Returns True the first time; the caller then counts it."""
    seen = await session.get(Impression, (person_id, post_id))
    last = await session.scalar(select(func.max(Impression.number)).where(Impression.person_id == person_id)) or 0
    if seen is None:
        session.add(Impression(post_id=post_id, person_id=person_id, number=last + 1))
    elif seen.number < last:
        seen.number = last + 1
    await session.flush()
    return seen is None


async def tally(session: AsyncSession, expansion_id: int) -> dict[Feeling, int]:
    """Return how many people have each reaction to an expansion, counted from the votes. Every reaction is a key."""
    votes = select(Reaction.feeling, func.count()).where(Reaction.expansion_id == expansion_id)
    counted = Counter(dict((await session.execute(votes.group_by(Reaction.feeling))).all()))
    return {feeling: counted[feeling] for feeling in Feeling}
