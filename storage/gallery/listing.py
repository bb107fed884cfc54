"""Pages of posts in one of the gallery's orders. Queries use keys and an index, never offsets.

A period is a set of days. The best posts of a day are one short range of the index (day, score, id), so a week costs
eight short range scans however many posts there are. Only the first day can contain posts that are too old; a filter
skips them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, literal_column, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Post, PostStatus, day_of, now, status_is


class Order(StrEnum):
    """The order of a page of posts."""

    SURPRISING = "surprising"
    HOT = "hot"
    TOP = "top"
    NEWEST = "newest"
    RANDOM = "random"


class Period(StrEnum):
    """How far back a page looks. `hot` decays by itself, and `newest` and `random` ignore the period."""

    DAY = "day"
    WEEK = "week"
    ALL = "all"


LENGTHS = {Period.DAY: timedelta(days=1), Period.WEEK: timedelta(days=7)}
PERIODIC = (Order.SURPRISING, Order.TOP)
SCORES = {
    Order.SURPRISING: Post.surprise,
    Order.HOT: Post.hot,
    Order.TOP: Post.top,
    Order.RANDOM: Post.random,
}


@dataclass(frozen=True)
class Place:
    """Where a page ended: the score and the id of its last post."""

    score: float
    id: int


@dataclass(frozen=True)
class Listing:
    """Some posts, and the place where the next page starts. The place is None if there are no more."""

    posts: list[Post]
    end: Place | None


async def listed(
    session: AsyncSession,
    order: Order,
    period: Period,
    after: Place | None,
    limit: int,
    start: float,
    where: Sequence[ColumnElement[bool]] = (),
) -> Listing:
    """Return live posts in an order, from the top or after a place, among those that satisfy `where`.

    `start`, 0 to 1, is where the random order starts and ends.
    """
    if order is Order.RANDOM:
        posts = await _round(session, after, limit + 1, start, where)
    else:
        asked = best(order, period, limit + 1, *_below(order, after), *where)
        posts = list(await session.scalars(_apart(order, asked) if where else asked))
    last = posts[limit - 1] if len(posts) > limit else None
    return Listing(posts[:limit], Place(score_of(order, last), last.id) if last else None)


def best(order: Order, period: Period, limit: int, *where: ColumnElement[bool]) -> Select[Post]:
    """Select the first live posts of a period in an order, among those that satisfy `where`."""
    if order in PERIODIC and period is not Period.ALL:
        return _within(order, period, limit, *where)
    return _sorted(order, limit, *where)


def score_of(order: Order, post: Post) -> float:
    """Return the value that an order sorts a post by, apart from its id."""
    return float(getattr(post, SCORES[order].key)) if order in SCORES else 0.0


async def _round(
    session: AsyncSession, after: Place | None, limit: int, start: float, where: Sequence[ColumnElement[bool]]
) -> list[Post]:
    """Return posts in random order: from the start down to 0, then from 1 down to the start."""
    here, over = after or Place(start, 0), Post.random >= start

    async def some(number: int, *within: ColumnElement[bool]) -> list[Post]:
        asked = _sorted(Order.RANDOM, number, *within, *where)
        return list(await session.scalars(_apart(Order.RANDOM, asked) if where else asked))

    if after is not None and after.score >= start:
        return await some(limit, over, *_below(Order.RANDOM, after))
    posts = await some(limit, *_below(Order.RANDOM, here))
    if len(posts) < limit:
        posts += await some(limit - len(posts), over)
    return posts


def _apart(order: Order, asked: Select[Post]) -> Select[Post]:
    """Select the same posts in two steps: which, and then all about them.

    PostgreSQL plans each step by itself. Together they join too many tables for it to find a good order.
    """
    ids = asked.with_only_columns(Post.id).correlate(None)
    return select(Post).where(Post.id.in_(ids)).order_by(*_descending(order))


def _sorted(order: Order, limit: int, *where: ColumnElement[bool]) -> Select[Post]:
    live = select(Post).where(status_is(Post, PostStatus.LIVE), *where)
    return live.order_by(*_descending(order)).limit(limit)


def _within(order: Order, period: Period, limit: int, *where: ColumnElement[bool]) -> Select[Post]:
    """Select the best posts of each day, then the best of those. Days are literals, so each is a range of the index."""
    since, live = now() - LENGTHS[period], (status_is(Post, PostStatus.LIVE), *where)
    score = SCORES[order].label("score")
    bests = [
        select(Post.id, score)
        .where(Post.day == literal_column(str(day)), *live, *([Post.created_at >= since] if number == 0 else []))
        .order_by(*_descending(order))
        .limit(limit)
        .subquery()
        for number, day in enumerate(_days(since))
    ]
    every = union_all(*(select(best.c.id, best.c.score) for best in bests)).subquery()
    ids = select(every.c.id).order_by(every.c.score.desc(), every.c.id.desc()).limit(limit)
    return select(Post).where(Post.id.in_(ids)).order_by(*_descending(order))


def _days(since: datetime) -> range:
    return range(day_of(since), day_of(now()) + 1)


def _descending(order: Order) -> list[ColumnElement[float] | ColumnElement[int]]:
    return [*([SCORES[order].desc()] if order in SCORES else []), Post.id.desc()]


def _below(order: Order, place: Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    if order not in SCORES:
        return [Post.id < place.id]
    return [tuple_(SCORES[order], Post.id) < tuple_(place.score, place.id)]
