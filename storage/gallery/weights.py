"""Whose votes and views rank posts: not an author's own, and not those of accounts that praise one author alone.

Everybody's votes are shown below a picture. The counters of a post, which its scores are computed from, leave these
out.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.gallery.votes import COLUMNS, count
from storage.models import Impression, Person, Post, Reaction

LOYAL = 10  # votes from which an account that votes for one author alone is no witness


async def weight(session: AsyncSession, person_id: int, author_id: int) -> int:
    """Return how much a person's votes and views of an author's posts count: 1 or 0."""
    if person_id == author_id:
        return 0
    return int(bool(await session.scalar(select(Person.counted).where(Person.id == person_id))))


async def is_partial(session: AsyncSession, person_id: int) -> bool:
    """Tell whether a person gave at least LOYAL votes, all to one author, although others' posts were shown to them."""
    voted = select(Post.person_id).join(Reaction, Reaction.expansion_id == Post.expansion_id)
    voted = voted.where(Reaction.person_id == person_id)
    authors = list(await session.scalars(voted.distinct().limit(2)))
    if len(authors) != 1 or (await session.scalar(select(func.count()).select_from(voted.subquery())) or 0) < LOYAL:
        return False
    others = Post.person_id.not_in([*authors, person_id])
    shown = exists().where(Impression.person_id == person_id, Impression.post_id == Post.id, others)
    return bool(await session.scalar(select(shown)))


async def reweigh(session: AsyncSession, person_id: int) -> None:
    """Count all of a person's votes and views from now on, or none of them, whichever is due now.

    It belongs into a transaction of its own, because it locks the person, and then posts in order.
    """
    counted = select(Person.counted).where(Person.id == person_id)
    if await session.scalar(counted) is not await is_partial(session, person_id):
        return  # as it should be, or the person is gone
    before = await session.scalar(counted.with_for_update())
    after = not await is_partial(session, person_id)
    if before is None or before is after:
        return
    await session.execute(update(Person).where(Person.id == person_id).values(counted=after))
    for post_id, cast in sorted((await contribution(session, person_id)).items()):
        await count(session, post_id, cast if after else _negative(cast))


async def withdraw(session: AsyncSession, person_id: int) -> None:
    """Subtract a person's votes and views from the counters of posts, before their rows are deleted."""
    if await session.scalar(select(Person.counted).where(Person.id == person_id)):
        for post_id, cast in sorted((await contribution(session, person_id)).items()):
            await count(session, post_id, _negative(cast))


async def contribution(session: AsyncSession, person_id: int) -> dict[int, Counter[str]]:
    """Return what a person adds to the counters of other authors' posts if they count, by post and column."""
    cast: dict[int, Counter[str]] = defaultdict(Counter)
    seen = select(Post.id).join(Impression, Impression.post_id == Post.id).where(Post.person_id != person_id)
    for post_id in await session.scalars(seen.where(Impression.person_id == person_id)):
        cast[post_id]["impressions"] += 1
    said = select(Post.id, Reaction.feeling).join(Reaction, Reaction.expansion_id == Post.expansion_id)
    said = said.where(Reaction.person_id == person_id, Post.person_id != person_id)
    for post_id, feeling in await session.execute(said):
        cast[post_id][COLUMNS[feeling]] += 1
    return cast


def _negative(cast: Counter[str]) -> Counter[str]:
    return Counter({column: -number for column, number in cast.items()})
