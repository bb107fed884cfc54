"""Listing many posts agrees with brute force in every order and period, and shows nobody a post twice."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.gallery import compare
from storage.database import transactions
from storage.gallery.browsing import Galleries
from storage.gallery.listing import LENGTHS, PERIODIC, SCORES, Order, Period, Place
from storage.gallery.posts import GalleryStore
from storage.gallery.ranking import doubt, rate
from storage.gallery.votes import scores
from storage.models import Feeling, Photo, Post, PostStatus, Status, day_of, now
from tests.support.photos import ROOT
from tests.support.rows import ANN, BOB, CAT, add, expansion


@pytest.fixture
async def gallery(engine: AsyncEngine, gallery: GalleryStore, source: Photo) -> GalleryStore:
    """A gallery with forty posts of the last twelve days. Every seventh is hidden, and scores tie."""
    dice = Random(1)
    done = [expansion(source, status=Status.DONE) for _ in range(40)]
    await add(engine, *done)
    posts = []
    for number, made in enumerate(done):
        born = now() - timedelta(hours=7 * number)
        scores = {name: dice.randrange(5) / 4 for name in ("surprise", "top", "hot")}
        status = PostStatus.HIDDEN if number % 7 == 3 else PostStatus.LIVE
        posts.append(Post(expansion_id=made.id, person_id=ANN, status=status, **scores))
        posts[-1].created_at, posts[-1].day = born, day_of(born)
    await add(engine, *posts)
    return gallery


async def live(engine: AsyncEngine) -> list[Post]:
    async with transactions(engine).read() as session:
        return list(await session.scalars(select(Post).where(Post.status == PostStatus.LIVE)))


async def read_all(gallery: GalleryStore, order: Order, period: Period, limit: int, start: float) -> list[int]:
    """Return all pages in order."""
    ids, after = [], None
    while True:
        listing = await gallery.some(order, period, after, limit, start)
        assert 0 < len(listing.posts) <= limit
        ids += [post.id for post in listing.posts]
        if listing.end is None:
            return ids
        after = listing.end


@pytest.mark.parametrize("limit", [1, 5, 100])
@pytest.mark.parametrize("order", Order)
async def test_pages_agree_with_brute_force(
    engine: AsyncEngine, gallery: GalleryStore, order: Order, limit: int
) -> None:
    posts = await live(engine)
    for period in Period:
        since = now() - LENGTHS[period] if order in PERIODIC and period in LENGTHS else None
        score = SCORES[order].key if order in SCORES else "id"
        wanted = [post for post in posts if since is None or post.created_at >= since]
        wanted.sort(key=lambda post: (getattr(post, score), post.id), reverse=True)
        if order is Order.RANDOM:
            wanted.sort(key=lambda post: post.random >= 0.6)  # stable: downwards from the start, then the rest
        assert await read_all(gallery, order, period, limit, start=0.6) == [post.id for post in wanted]


async def test_a_round_of_chance_shows_everything_once_from_anywhere(
    engine: AsyncEngine, gallery: GalleryStore
) -> None:
    everything = {post.id for post in await live(engine)}
    for start in (0.0, 0.31, 1.0):
        seen = await read_all(gallery, Order.RANDOM, Period.ALL, 7, start)
        assert len(seen) == len(set(seen))
        assert set(seen) == everything


async def test_the_end_of_the_wall_is_an_end(gallery: GalleryStore) -> None:
    for order in set(Order) - {Order.RANDOM}:
        listing = await gallery.some(order, Period.ALL, Place(-1.0, 1))
        assert (listing.posts, listing.end) == ([], None)


async def test_what_is_shown_is_counted_once_and_told_what_one_feels(
    engine: AsyncEngine, gallery: GalleryStore
) -> None:
    posts = await live(engine)
    hidden = {post.id for post in await _hidden(engine)}
    await gallery.react(posts[2].expansion_id, BOB, Feeling.LAUGHING)
    ids = [post.id for post in posts[:6]]
    shown = await asyncio.gather(*(gallery.show([*ids, *hidden, 10**12], BOB) for _ in range(3)))
    wanted = dict.fromkeys(ids) | {posts[2].id: Feeling.LAUGHING}
    assert shown == [wanted] * 3
    async with transactions(engine).read() as session:
        counted = dict((await session.execute(select(Post.id, Post.impressions))).all())
    assert counted == {number: int(number in ids) for number in counted}


async def test_a_vote_moves_every_score(engine: AsyncEngine, gallery: GalleryStore) -> None:
    post = (await live(engine))[0]
    for person in (ANN, BOB, CAT):
        await gallery.react(post.expansion_id, person, Feeling.SCREAMING)
    loved = await gallery.post(post.id)
    for person in (ANN, BOB, CAT):
        await gallery.react(post.expansion_id, person, Feeling.YAWNING)
    bored = await gallery.post(post.id)
    assert loved is not None
    assert bored is not None
    assert loved.top > bored.top
    assert loved.hot > bored.hot
    assert loved.surprise > bored.surprise


async def test_every_twentieth_page_asks_about_the_post_that_is_most_in_doubt(
    engine: AsyncEngine, gallery: GalleryStore
) -> None:
    dice = Random(3)
    async with transactions(engine).write() as session:
        for post in await session.scalars(select(Post).order_by(Post.id)):
            post.impressions = dice.randrange(5, 60)
            post.laughing = dice.randrange(post.impressions)
            counts = Counter(laughing=post.laughing, impressions=post.impressions)
            for name, value in scores(counts, 0.5, post.created_at).items():
                setattr(post, name, value)
    galleries = Galleries(engine)
    row, seen, asked = await galleries.open(BOB, BOB), set[int](), []
    for turn in range(1, 22):
        posts = await live(engine)
        unseen = sorted((p for p in posts if p.id not in seen), key=lambda p: (p.surprise, p.id), reverse=True)
        hall = sorted(posts, key=lambda p: (p.top, p.id), reverse=True)
        cut = sum(rate(p.laughing, p.impressions) for p in hall[19:21]) / 2
        in_doubt = max((doubt(p.laughing, p.impressions, cut), -n) for n, p in enumerate(unseen))
        expected = unseen[-in_doubt[1]] if turn == 20 else unseen[0]
        page = await galleries.next(row.id, BOB)
        assert page is not None
        assert page.post.id == expected.id
        asked += [turn] if expected is not unseen[0] else []
        seen.add(page.post.id)
    assert asked == [20]


async def test_every_page_is_a_walk_down_an_index(engine: AsyncEngine, gallery: GalleryStore) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics, and forty rows are read whole")
    for order in Order:
        for period in Period:
            asked: list[tuple[str, Any]] = []

            def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any, asked: Any = asked) -> None:
                asked.append((sql, values))

            event.listen(engine.sync_engine, "before_cursor_execute", note)
            await gallery.some(order, period, Place(0.5, 9), 5, start=0.7)
            event.remove(engine.sync_engine, "before_cursor_execute", note)
            plan = "\n".join([await _plan(engine, *ask) for ask in asked if ask[0].startswith("SELECT")])
            assert index_of(order, period) in plan
            assert not re.search(r"SCAN posts$", plan, re.M)
            assert within(order, period) or "TEMP B-TREE" not in plan


async def test_what_one_has_seen_is_looked_up_among_ones_own(engine: AsyncEngine, gallery: GalleryStore) -> None:
    """Thousands of seen posts are skipped by reading few database pages, however many posts exist."""
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics, and forty rows are read whole")
    galleries = Galleries(engine)
    row, asked = await galleries.open(BOB, BOB), list[tuple[str, Any]]()

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        asked.append((sql, values))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    await galleries.next(row.id, BOB)
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    plan = "\n".join([await _plan(engine, *ask) for ask in list(asked) if "EXISTS" in ask[0]])
    assert "SEARCH impressions USING INDEX sqlite_autoindex_impressions_1 (person_id=? AND post_id=?)" in plan


def test_nothing_is_found_by_offset() -> None:
    sources = [file for folder in ("storage", "bot") for file in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 100
    assert not [file for file in sources if ".offset(" in file.read_text()]


async def test_the_benchmark_fills_a_gallery_and_asks_everything_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    await compare(200, 400, rounds=2, warming=1)
    loaded, more, _head, *lines = capsys.readouterr().out.splitlines()
    assert (loaded[:16], more[:16]) == ("200 posts loaded", "400 posts loaded")
    assert len(lines) == 9
    assert all(line.count("p99") == 2 for line in lines)


def within(order: Order, period: Period) -> bool:
    """Whether the posts of a few days are merged. Each day is read in index order, and only the merge is sorted."""
    return order in PERIODIC and period is not Period.ALL


def index_of(order: Order, period: Period) -> str:
    """Return the index that a page of this order and period reads."""
    if order not in SCORES:
        return "ix_posts_newest"
    return f"ix_posts_{'day_' if within(order, period) else ''}{SCORES[order].key}"


async def _plan(engine: AsyncEngine, sql: str, values: Any) -> str:
    async with engine.connect() as connection:
        steps = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        return "\n".join(str(step.detail) for step in steps)


async def _hidden(engine: AsyncEngine) -> list[Post]:
    async with transactions(engine).read() as session:
        return list(await session.scalars(select(Post).where(Post.status == PostStatus.HIDDEN)))
