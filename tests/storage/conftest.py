"""The stores on the test's database, which runs on SQLite and on PostgreSQL, with a few people in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.expansions import Store
from storage.gallery.posts import GalleryStore
from storage.jobs.queue import Queue
from storage.models import Photo
from tests.support.limits import HANG
from tests.support.rows import ANN, BOB, CAT, add_people, photo, queue_on


@pytest.fixture
def residents() -> Sequence[int]:
    """The ids of the people who are in the database when a test starts. A module may override it."""
    return ANN, BOB, CAT


@pytest.fixture
async def store(engine: AsyncEngine, residents: Sequence[int]) -> Store:
    if residents:
        await add_people(engine, *residents)
    return Store(engine)


@pytest.fixture
def queue(engine: AsyncEngine) -> Queue:
    """A queue with long leases that never looks by itself, so that only a bell ends its `wait`."""
    return queue_on(engine, timedelta(hours=1), look=2 * HANG)


@pytest.fixture
def gallery(engine: AsyncEngine) -> GalleryStore:
    return GalleryStore(engine)


@pytest.fixture
async def source(store: Store) -> Photo:
    """A photo that Ann sent to her private chat."""
    return await store.photos.add(photo(chat_id=ANN, message_id=5))
