"""No crash leaves a blob that no row names, and no deletion takes a blob that somebody is storing again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.blobs import Blobs, key_of, open_blobs
from storage.cleanup.notes import lock, note
from storage.cleanup.shelf import HELD, LOT, Shelf
from storage.database import transactions
from storage.expansions import Store
from storage.models import BlobNote, now
from storage.people.people import People
from tests.support.rows import ANN, BOB, CAT, noted, photo

PICTURE, SMALL = b"the photo", b"its thumbnail"


class Gate:
    """A store, whose deletions wait at a gate once it is shut, or fail once it is broken."""

    def __init__(self) -> None:
        self.blobs = open_blobs("memory://")
        self.put, self.put_at, self.get, self.listed = (
            self.blobs.put,
            self.blobs.put_at,
            self.blobs.get,
            self.blobs.listed,
        )
        self.broken: set[str] = set()
        self.open, self.reached = asyncio.Event(), asyncio.Event()
        self.open.set()

    async def delete(self, keys: Sequence[str]) -> None:
        self.reached.set()
        await self.open.wait()
        if broken := self.broken & set(keys):
            raise ConnectionError(f"no answer for {sorted(broken)}")
        await self.blobs.delete(keys)


@pytest.fixture
def blobs() -> Gate:
    return Gate()


@pytest.fixture
def shelf(engine: AsyncEngine, blobs: Gate) -> Shelf:
    return Shelf(engine, blobs, (".320.webp",))


async def there(blobs: Blobs, *keys: str) -> list[bool]:
    async def is_there(key: str) -> bool:
        try:
            await blobs.get(key)
        except FileNotFoundError:
            return False
        return True

    return [await is_there(key) for key in keys]


async def collect(shelf: Shelf) -> None:
    while await shelf.settle_lot():
        pass


async def a_while(engine: AsyncEngine) -> None:
    """Let other tasks do what nothing keeps them from doing: each of them needs a few queries, and this takes many."""
    for _ in range(30):
        await noted(engine)


async def sent(store: Store, shelf: Shelf, person_id: int = ANN, message_id: int = 7) -> tuple[str, str]:
    """Store a photo as the bot does, and return its keys."""
    kept = await shelf.put((PICTURE, ""), (SMALL, ".jpg"))
    blob, thumb = kept.keys
    await store.photos.add(photo(person_id, blob=blob, thumb=thumb, chat_id=person_id, message_id=message_id), kept)
    return blob, thumb


async def hour_later(engine: AsyncEngine) -> None:
    async with transactions(engine).write() as session:
        await session.execute(update(BlobNote).values(due=now() - timedelta(seconds=1)))


async def test_what_a_row_names_stays_and_has_no_note(
    engine: AsyncEngine, store: Store, shelf: Shelf, blobs: Gate
) -> None:
    keys = await sent(store, shelf)
    assert keys == (key_of(PICTURE, ""), key_of(SMALL, ".jpg"))
    assert await noted(engine) == set()
    await shelf.discard(*keys)
    await collect(shelf)
    assert await there(blobs, *keys) == [True, True]
    assert await noted(engine) == set()


async def test_what_never_got_its_row_goes_after_an_hour(engine: AsyncEngine, shelf: Shelf, blobs: Gate) -> None:
    kept = await shelf.put((PICTURE, ""))
    await collect(shelf)
    assert await there(blobs, *kept.keys) == [True]
    await hour_later(engine)
    await collect(shelf)
    assert await there(blobs, *kept.keys) == [False]
    assert await noted(engine) == set()


async def test_a_program_that_is_alone_need_not_wait_an_hour(engine: AsyncEngine, shelf: Shelf, blobs: Gate) -> None:
    kept = await shelf.put((PICTURE, ""))
    await shelf.free()
    await collect(shelf)
    assert await there(blobs, *kept.keys) == [False]


async def test_the_blobs_of_a_repeated_message_go_unless_its_row_names_them(
    engine: AsyncEngine, store: Store, shelf: Shelf, blobs: Gate
) -> None:
    keys = await sent(store, shelf)
    edited = await shelf.put((b"another photo", ""))
    await store.photos.add(photo(blob=edited.keys[0], chat_id=ANN, message_id=7), edited)
    assert await sent(store, shelf) == keys  # the update was handled twice
    await collect(shelf)
    assert await there(blobs, *keys, *edited.keys) == [True, True, False]


async def test_what_is_derived_goes_with_its_blob(store: Store, shelf: Shelf, blobs: Gate, engine: AsyncEngine) -> None:
    blob, thumb = await sent(store, shelf)
    await blobs.put_at(f"{thumb}.320.webp", b"smaller")
    await People(engine).forget(ANN)
    await collect(shelf)
    assert await there(blobs, blob, thumb, f"{thumb}.320.webp") == [False, False, False]


async def test_a_put_during_a_deletion_keeps_the_blob(
    engine: AsyncEngine, store: Store, shelf: Shelf, blobs: Gate
) -> None:
    """Bob sends the very photo that is just being deleted, because Ann was forgotten."""
    keys = await sent(store, shelf)
    await People(engine).forget(ANN)
    blobs.open.clear()
    deleting = asyncio.create_task(collect(shelf))
    await blobs.reached.wait()  # the notes are claimed, and the call of the store is on its way
    putting = asyncio.create_task(sent(store, shelf, BOB))
    await a_while(engine)
    assert not putting.done()
    blobs.open.set()
    await asyncio.gather(deleting, putting)
    await collect(shelf)
    assert await there(blobs, *keys) == [True, True]


async def test_a_deletion_waits_for_a_put_that_has_just_begun(
    engine: AsyncEngine, store: Store, shelf: Shelf, blobs: Gate
) -> None:
    keys = await sent(store, shelf)
    await People(engine).forget(ANN)
    async with transactions(engine).write() as session:  # what `hold` does, before it commits
        await lock(session, keys)
        await note(session, keys, HELD)
        deleting = asyncio.create_task(collect(shelf))
        await a_while(engine)
        assert not blobs.reached.is_set()
    await deleting
    assert await there(blobs, *keys) == [True, True]


async def test_a_put_that_has_no_row_yet_keeps_the_blob_from_a_deletion(
    engine: AsyncEngine, store: Store, shelf: Shelf, blobs: Gate
) -> None:
    keys = await sent(store, shelf)
    kept = await shelf.put((PICTURE, ""), (SMALL, ".jpg"))
    await People(engine).forget(ANN)
    await collect(shelf)
    assert await there(blobs, *keys) == [True, True]
    await store.photos.add(photo(BOB, blob=keys[0], thumb=keys[1]), kept)
    await collect(shelf)
    assert await there(blobs, *keys) == [True, True]
    await People(engine).forget(BOB)
    await collect(shelf)
    assert await there(blobs, *keys) == [False, False]


async def test_racing_senders_and_forgetters_end_as_the_rows_say(
    engine: AsyncEngine, store: Store, shelf: Shelf, blobs: Gate
) -> None:
    people = People(engine)
    for turn in range(5):
        keys = await sent(store, shelf, ANN, 100 + turn)
        await asyncio.gather(
            people.forget(ANN), collect(shelf), sent(store, shelf, BOB, 200 + turn), collect(shelf), collect(shelf)
        )
        await collect(shelf)
        assert await there(blobs, *keys) == [True, True]
        await people.see(ANN, "Ann")
        await people.forget(BOB)
        await people.see(BOB, "Bob")
        await collect(shelf)
        assert await there(blobs, *keys) == [False, False]


async def test_an_outage_keeps_the_notes_and_one_bad_blob_does_not_stop_the_rest(
    engine: AsyncEngine, shelf: Shelf, blobs: Gate
) -> None:
    bad = key_of(b"bad", "")
    await blobs.put_at(bad, b"bad")
    await shelf.discard(bad)
    await shelf.discard(*(key_of(bytes([n]), "") for n in range(LOT)))
    blobs.broken.add(bad)
    with pytest.raises(ConnectionError):
        await shelf.settle_lot()
    with pytest.raises(ConnectionError):
        await collect(shelf)
    assert await noted(engine) >= {bad}
    blobs.broken.clear()
    await collect(shelf)
    assert await noted(engine) == set()
    assert await there(blobs, bad) == [False]


async def test_a_claim_of_a_dead_program_ends(engine: AsyncEngine, store: Store, shelf: Shelf, blobs: Gate) -> None:
    keys = await sent(store, shelf)
    await People(engine).forget(ANN)
    blobs.open.clear()
    deleting = asyncio.create_task(shelf.settle_lot())
    await blobs.reached.wait()
    deleting.cancel()  # as if the program were killed: nothing more happens to its claim
    await asyncio.gather(deleting, return_exceptions=True)
    blobs.open.set()
    assert await shelf.settle_lot() == 0
    async with transactions(engine).write() as session:
        claimed = list(await session.scalars(select(BlobNote.key).where(BlobNote.until > now())))
        await session.execute(update(BlobNote).values(until=now() - timedelta(seconds=1)))
    assert set(claimed) == set(keys)
    await collect(shelf)
    assert await there(blobs, *keys) == [False, False]


async def test_forgetting_notes_the_photo_that_arrives_meanwhile(
    engine: AsyncEngine, store: Store, shelf: Shelf, blobs: Gate
) -> None:
    for turn in range(10):
        arrivals = (sent(store, shelf, CAT, 300 + 10 * turn + n) for n in range(3))
        await asyncio.gather(People(engine).forget(CAT), *arrivals, return_exceptions=True)
        await People(engine).forget(CAT)
        await hour_later(engine)  # a photo that came too late for its person has no row
        await collect(shelf)
        assert await there(blobs, key_of(PICTURE, ""), key_of(SMALL, ".jpg")) == [False, False]
        await People(engine).see(CAT, "Cat")
