"""Authors do not crown themselves, and accounts that praise one author alone are no witnesses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from alembic import command
from sqlalchemy import Connection, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.expansions import Store
from storage.gallery.listing import Order, Period
from storage.gallery.posts import GalleryStore
from storage.gallery.weights import LOYAL
from storage.migrations import configuration, migrate
from storage.models import Feeling, Person, Photo, Post
from storage.people.people import People
from tests.support.rows import ANN, BOB, CAT, make, photo, queue_on

FAN, LAUGH = 7, Feeling.LAUGHING


@pytest.fixture
def residents() -> Sequence[int]:
    return ANN, BOB, CAT, FAN


@pytest.fixture
async def anns(engine: AsyncEngine, store: Store, gallery: GalleryStore, source: Photo) -> list[Post]:
    """As many posts of Ann's as an account may praise before it is no witness any more."""
    return [await published(engine, store, gallery, source) for _ in range(LOYAL)]


@pytest.fixture
async def bobs(engine: AsyncEngine, store: Store, gallery: GalleryStore) -> Post:
    return await published(engine, store, gallery, await store.photos.add(photo(BOB, chat_id=BOB, message_id=5)))


async def published(engine: AsyncEngine, store: Store, gallery: GalleryStore, source: Photo) -> Post:
    made = await make(store, queue_on(engine), source)
    post = await gallery.publish(made.id, source.person_id, "", 0.5)
    assert post is not None
    return post


async def counters(gallery: GalleryStore, post: Post) -> tuple[int, int]:
    """Return the laughs and the views that rank a post."""
    there = await gallery.post(post.id)
    assert there is not None
    return there.laughing, there.impressions


async def test_an_authors_own_vote_is_shown_and_ranks_nothing(gallery: GalleryStore, anns: list[Post]) -> None:
    mine, other = anns[:2]
    await gallery.show([mine.id], ANN)
    counts, own = await gallery.react(mine.expansion_id, ANN, LAUGH)
    assert (counts[LAUGH], own) == (1, LAUGH)
    assert (await gallery.counts(mine.expansion_id))[LAUGH] == 1
    assert await counters(gallery, mine) == (0, 0)
    await gallery.react(other.expansion_id, BOB, LAUGH)
    first, *_ = (await gallery.some(Order.TOP, Period.ALL)).posts
    assert first.id == other.id


async def test_an_authors_vote_before_publishing_ranks_nothing(
    engine: AsyncEngine, store: Store, gallery: GalleryStore, source: Photo
) -> None:
    made = await make(store, queue_on(engine), source)
    await gallery.react(made.id, ANN, LAUGH)
    await gallery.react(made.id, BOB, LAUGH)
    post = await gallery.publish(made.id, ANN, "", 0.5)
    assert post is not None
    assert await counters(gallery, post) == (1, 1)
    await gallery.react(made.id, ANN, LAUGH)  # takes it back
    assert await counters(gallery, post) == (1, 1)


async def test_an_account_that_praises_one_author_alone_is_no_witness_until_it_praises_another(
    gallery: GalleryStore, anns: list[Post], bobs: Post
) -> None:
    await gallery.show([bobs.id], FAN)
    for post in anns[:-1]:
        await gallery.react(post.expansion_id, FAN, LAUGH)
    assert await counters(gallery, anns[0]) == (1, 1)
    await gallery.react(anns[-1].expansion_id, FAN, LAUGH)
    assert [await counters(gallery, post) for post in (*anns, bobs)] == [(0, 0)] * (LOYAL + 1)
    assert (await gallery.counts(anns[0].expansion_id))[LAUGH] == 1  # it is still shown
    await gallery.react(anns[0].expansion_id, FAN, Feeling.LOVING)
    assert await counters(gallery, anns[0]) == (0, 0)
    await gallery.react(bobs.expansion_id, FAN, LAUGH)
    assert await counters(gallery, bobs) == (1, 1)
    assert [await counters(gallery, post) for post in anns] == [(0, 1), *[(1, 1)] * (LOYAL - 1)]


async def test_who_was_shown_nobody_else_is_a_witness(gallery: GalleryStore, anns: list[Post], bobs: Post) -> None:
    for post in anns:
        await gallery.react(post.expansion_id, FAN, LAUGH)
    assert [await counters(gallery, post) for post in anns] == [(1, 1)] * LOYAL


async def test_votes_at_the_same_time_leave_no_half_count(gallery: GalleryStore, anns: list[Post], bobs: Post) -> None:
    await gallery.show([bobs.id], FAN)
    await asyncio.gather(*(gallery.react(post.expansion_id, FAN, LAUGH) for post in anns))
    await gallery.react(anns[0].expansion_id, FAN, Feeling.LOVING)
    assert [await counters(gallery, post) for post in (*anns, bobs)] == [(0, 0)] * (LOYAL + 1)


async def test_forgetting_who_counted_for_nothing_takes_nothing_away(
    engine: AsyncEngine, gallery: GalleryStore, anns: list[Post], bobs: Post
) -> None:
    await gallery.react(anns[0].expansion_id, CAT, LAUGH)
    await gallery.show([bobs.id], FAN)
    for post in anns:
        await gallery.react(post.expansion_id, FAN, LAUGH)
    await People(engine).forget(FAN)
    assert await counters(gallery, anns[0]) == (1, 1)


async def test_the_migration_corrects_the_past(
    engine: AsyncEngine, gallery: GalleryStore, anns: list[Post], bobs: Post
) -> None:
    """The same rows give the same counters, whether they were counted one by one or by the migration."""
    await gallery.show([bobs.id], FAN)
    for post in anns:
        for voter in (ANN, CAT, FAN):
            await gallery.react(post.expansion_id, voter, LAUGH)
    await gallery.react(bobs.expansion_id, CAT, Feeling.YAWNING)
    due = await everything(engine)

    def return_to_the_past(connection: Connection) -> None:
        command.downgrade(configuration(connection), "0018-1")
        wrong = {"laughing": 3, "yawning": 1, "impressions": 3, "surprise": 0.9, "top": 0.9, "hot": 0.0}
        connection.execute(update(Post).values(wrong))

    await migrate(engine, return_to_the_past)
    assert await everything(engine) == due
    async with transactions(engine).read() as session:
        assert list(await session.scalars(select(Person.id).where(~Person.counted))) == [FAN]


async def everything(engine: AsyncEngine) -> list[tuple[object, ...]]:
    columns = (Post.id, Post.laughing, Post.yawning, Post.impressions, Post.surprise, Post.top, Post.hot)
    async with transactions(engine).read() as session:
        return [tuple(row) for row in await session.execute(select(*columns).order_by(Post.id))]
