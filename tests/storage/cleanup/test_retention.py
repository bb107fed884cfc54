"""Unpublished pictures are deleted after the retention period, except young, public or needed ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.cleanup.retention import LEASE, Retention
from storage.database import transactions
from storage.expansions import Store
from storage.gallery.posts import GalleryStore
from storage.models import Expansion, Panel, Photo, Post
from tests.support.rows import ANN, make, noted, panel, photo, queue_on

TODAY = datetime(2030, 6, 1, 12, tzinfo=UTC)
LONG_AGO, LATELY = TODAY - timedelta(days=100), TODAY - timedelta(days=10)


@pytest.fixture
def retention(engine: AsyncEngine) -> Retention:
    return Retention(engine, timedelta(days=90))


async def aged(engine: AsyncEngine, moment: datetime) -> None:
    """Set the creation time of all rows."""
    async with transactions(engine).write() as session:
        for table in (Photo, Expansion, Panel):
            await session.execute(update(table).values(created_at=moment))


async def chain(engine: AsyncEngine, store: Store, length: int) -> list[Expansion]:
    """Return expansions of a photo of Ann's, each made from the last result."""
    queue, source = queue_on(engine), await store.photos.add(photo(ANN))
    steps = []
    for _ in range(length):
        steps.append(await make(store, queue, source))
        assert steps[-1].result is not None
        source = steps[-1].result
    return steps


async def left(engine: AsyncEngine) -> tuple[list[int], int]:
    """Return the ids of the remaining expansions, and the number of photos."""
    async with transactions(engine).read() as session:
        expansions = list(await session.scalars(select(Expansion.id).order_by(Expansion.id)))
        return expansions, len(list(await session.scalars(select(Photo.id))))


async def test_what_is_over_time_goes_with_its_blobs(engine: AsyncEngine, store: Store, retention: Retention) -> None:
    (step,) = await chain(engine, store, 1)
    await aged(engine, LONG_AGO)
    assert step.result is not None
    blobs = {step.source.blob, step.source.thumb, step.result.blob, step.result.thumb, step.preview}
    assert await retention.sweep(TODAY) == 3
    assert await noted(engine) == blobs
    assert await left(engine) == ([], 0)
    assert await retention.sweep(TODAY) == 0


async def test_what_is_young_stays(engine: AsyncEngine, store: Store, retention: Retention) -> None:
    (step,) = await chain(engine, store, 1)
    await aged(engine, LATELY)
    assert await retention.sweep(TODAY) == 0
    assert await left(engine) == ([step.id], 2)


async def test_a_live_post_keeps_its_chain_and_nothing_after_it(
    engine: AsyncEngine, store: Store, retention: Retention
) -> None:
    steps = await chain(engine, store, 4)
    post = await GalleryStore(engine).publish(steps[1].id, ANN, "", 0.5)
    assert post is not None
    await aged(engine, LONG_AGO)
    await retention.sweep(TODAY)
    assert await left(engine) == ([steps[0].id, steps[1].id], 3)
    await GalleryStore(engine).unpublish(post.id, ANN)
    await retention.sweep(TODAY)
    assert await left(engine) == ([], 0)
    async with transactions(engine).read() as session:
        assert await session.scalar(select(Post.id)) is None


async def test_a_young_step_keeps_what_it_came_from(engine: AsyncEngine, store: Store, retention: Retention) -> None:
    steps = await chain(engine, store, 3)
    await aged(engine, LONG_AGO)
    async with transactions(engine).write() as session:
        await session.execute(update(Expansion).where(Expansion.id == steps[1].id).values(created_at=LATELY))
    await retention.sweep(TODAY)
    assert await left(engine) == ([steps[0].id, steps[1].id], 3)


async def test_a_photo_that_is_being_chosen_for_stays(engine: AsyncEngine, store: Store, retention: Retention) -> None:
    kept, old = [await store.photos.add(photo(ANN)) for _ in range(2)]
    for source in (kept, old):
        await store.panels.open(panel(source))
    await aged(engine, LONG_AGO)
    async with transactions(engine).write() as session:
        await session.execute(update(Panel).where(Panel.photo_id == kept.id).values(created_at=LATELY))
    await retention.sweep(TODAY)
    assert await store.photos.photo(kept.id) is not None
    assert await store.photos.photo(old.id) is None


async def test_it_looks_when_the_oldest_is_due(engine: AsyncEngine, store: Store, retention: Retention) -> None:
    assert await retention.next_due() is None
    (step,) = await chain(engine, store, 1)
    await aged(engine, LATELY)
    assert await retention.next_due() == LATELY + timedelta(days=90)
    await GalleryStore(engine).publish(step.id, ANN, "", 0.5)
    assert await retention.next_due() is None
    async with transactions(engine).write() as session:
        await session.execute(delete(Post))
    assert await retention.next_due() == LATELY + timedelta(days=90)


async def test_of_all_programs_one_looks_and_the_others_know_when(engine: AsyncEngine, retention: Retention) -> None:
    other = Retention(engine, retention.period)
    assert await retention.begin() == 0
    assert 0 < await other.begin() <= LEASE.total_seconds()
    await retention.end(7200)
    for program in (retention, other, Retention(engine, retention.period)):  # the last one has just started
        assert 7000 < await program.begin() <= 7200
    await other.end(0)
    assert await other.begin() == 0


async def test_another_period_makes_a_look_due(engine: AsyncEngine, retention: Retention) -> None:
    assert await retention.begin() == 0
    await retention.end(7200)
    assert await Retention(engine, timedelta(days=30)).begin() == 0
