"""Database rows like those that the bot writes, for tests to start from."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.expansions import Store
from storage.gallery.moderation import Moderation
from storage.gallery.posts import GalleryStore
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.expansions import EXPANSIONS, recorded
from storage.jobs.lease import LEASE
from storage.jobs.news import LOOK, News
from storage.jobs.queue import Queue
from storage.models import BlobNote, Expansion, Judgement, Panel, Person, Photo, Post, Reason, Status

ANN, BOB, CAT = 1, 2, 3
_numbers = count(1)


async def add(engine: AsyncEngine, *rows: object) -> None:
    async with transactions(engine).write() as session:
        session.add_all(rows)


def queue_on(engine: AsyncEngine, lease: timedelta = LEASE, look: float = LOOK) -> EmbeddedQueue:
    """Return the queue of expansions as a program sees it that looks every `look` seconds."""
    return EmbeddedQueue(engine, EXPANSIONS, News(engine, look), lease)


async def add_people(engine: AsyncEngine, *ids: int) -> None:
    await add(engine, *(Person(id=person_id, name=f"person {person_id}") for person_id in ids or (ANN, BOB, CAT)))


def photo(person_id: int = ANN, **fields: object) -> Photo:
    number = next(_numbers)
    values = {"blob": f"blob-{number}", "thumb": f"thumb-{number}", "width": 1000, "height": 500} | fields
    return Photo(person_id=person_id, **values)


def panel(source: Photo, **fields: object) -> Panel:
    values = {"key": f"k{next(_numbers)}", "chat_id": source.person_id, "direction": "all", "scale": 1.5} | fields
    return Panel(**{"photo_id": source.id, "person_id": source.person_id, "style": "faithful"} | values)


def expansion(source: Photo, person_id: int | None = None, **fields: object) -> Expansion:
    author = source.person_id if person_id is None else person_id
    margins = {"left": 250, "top": 0, "right": 250, "bottom": 0}
    asked = {"direction": "horizontal", "scale": 1.5, "style": "faithful", "seed": 7}
    whose = {"source_id": source.id, "person_id": author, "chat_id": author, "key": f"k{next(_numbers)}"}
    return Expansion(**whose | margins | asked | fields)


async def start(store: Store, source: Photo, person_id: int | None = None, **fields: object) -> Expansion:
    """Return a placed expansion that waits in the queue."""
    priority = int(str(fields.pop("priority", 0)))
    preset, row = str(fields.pop("preset", "")), expansion(source, person_id, **fields)
    started = await store.start([row], quota=None, priority=priority, presets={row.key: preset})
    assert started
    await store.place([started[0].id], 100)
    return started[0]


async def make(store: Store, queue: Queue, source: Photo, person_id: int | None = None, **fields: object) -> Expansion:
    """Return a finished expansion that has passed through the queue."""
    started = await start(store, source, person_id, **fields)
    taken = await queue.take("worker")
    assert taken is not None
    assert taken.subject == started.id
    result, preview = photo(started.person_id, width=1500), f"preview-{started.id}"
    done = recorded(started.id, result=result, preview=preview, seconds=1.0, engine="patchmatch")
    assert await queue.finish(taken, Status.DONE, done)
    finished = await store.expansion(started.id)
    assert finished is not None
    return finished


async def posts_of(engine: AsyncEngine, source: Photo, *priors: float) -> list[Post]:
    """Publish one expansion per prior. They are written as finished rows, which is quicker than the queue."""
    gallery, made = GalleryStore(engine), [expansion(source, status=Status.DONE) for _ in priors]
    await add(engine, *made)
    posts = []
    for row, prior in zip(made, priors, strict=True):
        post = await gallery.publish(row.id, row.person_id, "", prior)
        assert post is not None
        posts.append(post)
    return posts


async def noted(engine: AsyncEngine) -> set[str]:
    """Return the keys of the blobs that are noted to be deleted."""
    async with transactions(engine).read() as session:
        return set(await session.scalars(select(BlobNote.key)))


async def withhold(moderation: Moderation, post_id: int, moderator: int) -> None:
    """Take a post out of the gallery for good: a moderator reports it and confirms the report."""
    assert await moderation.report(post_id, moderator, Reason.OTHER, threshold=1)
    assert await moderation.judge(post_id, moderator, Judgement.HIDE)
