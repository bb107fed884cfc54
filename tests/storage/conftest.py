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
from tests.support.rows import ANN, BOB, CAT, add_people, photo, queue_on


@pytest.fixture
def residents() -> Sequence[int]:
    """Ids of the people who are in the database when a test starts; a module may override it."""
    return ANN, BOB, CAT


@pytest.fixture
async def store(engine: AsyncEngine, residents: Sequence[int]) -> Store:
    if residents:
        await add_people(engine, *residents)
    return Store(engine)


@pytest.fixture
def queue(engine: AsyncEngine) -> Queue:
    """A queue whose leases outlast every test: only an event of the queue ends its `wait`."""
    return queue_on(engine, lease=timedelta(hours=1))


@pytest.fixture
def gallery(engine: AsyncEngine) -> GalleryStore:
    return GalleryStore(engine)


@pytest.fixture
async def source(store: Store) -> Photo:
    """A photo of Ann's, sent to her private chat."""
    return await store.add_photo(photo(chat_id=ANN, message_id=5))
