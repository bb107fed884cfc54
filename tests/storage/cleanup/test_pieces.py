"""The pieces of masters are stored once, and go with the last master that names them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.blobs import Blobs, key_of, open_blobs
from storage.cleanup.shelf import Shelf
from storage.database import transactions
from storage.expansions import Store
from storage.jobs.embedded import EmbeddedQueue
from storage.models import Expansion, Photo, Piece
from storage.people.people import People
from tests.support.rows import ANN, BOB, add, add_people, make, noted, photo

PHOTO, RING, OUTER, OTHER = b"the photo", b"the first ring", b"the second ring", b"another first ring"


@pytest.fixture
def blobs() -> Blobs:
    return open_blobs("memory://")


@pytest.fixture
def shelf(engine: AsyncEngine, blobs: Blobs) -> Shelf:
    return Shelf(engine, blobs)


def key(data: bytes) -> str:
    return key_of(data, ".webp")


async def cut(engine: AsyncEngine, blobs: Blobs, master: Photo | None, *files: bytes) -> Photo:
    """Let a master consist of pieces."""
    assert master is not None
    for data in files:
        await blobs.put(data, ".webp")
    pieces = [Piece(photo_id=master.id, position=n, blob=key(data), left=n, top=0) for n, data in enumerate(files)]
    async with transactions(engine).write() as session:
        (await session.get_one(Photo, master.id)).blob = key(files[-1])
        session.add_all(pieces)
    return master


async def left(engine: AsyncEngine, shelf: Shelf, blobs: Blobs) -> set[bytes]:
    """Delete what may go, and return which of the files are left."""
    while await shelf.settle_lot():
        pass
    assert await noted(engine) == set()
    found = set()
    for data in (PHOTO, RING, OUTER, OTHER):
        with suppress(FileNotFoundError):
            found.add(await blobs.get(key(data)))
    return found


async def family(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, blobs: Blobs
) -> tuple[Expansion, Expansion, Expansion]:
    """Return two variants of Ann's photo, and what Bob made of the first."""
    source = await store.photos.add(photo(ANN, chat_id=ANN, message_id=5))
    one, two = [await make(store, queue, source) for _ in range(2)]
    master = await cut(engine, blobs, one.result, PHOTO, RING)
    await cut(engine, blobs, two.result, PHOTO, OTHER)
    by_bob = await make(store, queue, master, BOB)
    await cut(engine, blobs, by_bob.result, PHOTO, RING, OUTER)
    return one, two, by_bob


async def test_a_master_is_read_with_its_pieces_in_their_order(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, blobs: Blobs
) -> None:
    _, _, by_bob = await family(engine, store, queue, blobs)
    assert by_bob.result is not None
    found = await store.photos.with_pieces(by_bob.result.id)
    assert found is not None
    assert [(piece.blob, piece.left) for piece in found.pieces] == [(key(PHOTO), 0), (key(RING), 1), (key(OUTER), 2)]
    assert found.blob == key(OUTER)
    assert await store.photos.with_pieces(999) is None


async def test_a_photo_is_written_together_with_its_pieces(store: Store) -> None:
    pieces = [Piece(position=n, blob=f"piece-{n}", left=0, top=n) for n in range(3)]
    stored = await store.photos.add(photo(ANN, pieces=pieces))
    found = await store.photos.with_pieces(stored.id)
    assert found is not None
    assert [(piece.blob, piece.top) for piece in found.pieces] == [("piece-0", 0), ("piece-1", 1), ("piece-2", 2)]
    whole = await store.photos.with_pieces((await store.photos.add(photo(ANN))).id)
    assert whole is not None
    assert whole.pieces == []


@pytest.mark.parametrize(
    "deletions",
    [
        # what Bob made goes on from Ann's first master, whose pieces stay as long as that
        pytest.param(((1, {PHOTO, RING, OUTER}), (0, {PHOTO, RING, OUTER}), (2, set())), id="the-first-photo-first"),
        pytest.param(((2, {PHOTO, RING, OTHER}), (0, {PHOTO, OTHER}), (1, set())), id="the-last-master-first"),
    ],
)
async def test_a_deleted_master_takes_only_pieces_that_no_other_names(
    engine: AsyncEngine,
    store: Store,
    queue: EmbeddedQueue,
    blobs: Blobs,
    shelf: Shelf,
    deletions: tuple[tuple[int, set[bytes]], ...],
) -> None:
    made = await family(engine, store, queue, blobs)
    for number, kept in deletions:
        await store.delete_expansion(made[number].id)
        assert await left(engine, shelf, blobs) == kept
    async with transactions(engine).read() as session:
        assert list(await session.scalars(select(Piece))) == []


async def test_forgetting_a_person_deletes_the_pieces_and_spares_what_others_made_of_equal_photos(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, blobs: Blobs, shelf: Shelf
) -> None:
    await family(engine, store, queue, blobs)
    theirs = await store.photos.add(photo(BOB, chat_id=BOB, message_id=5))
    own = await make(store, queue, theirs, BOB)
    await cut(engine, blobs, own.result, PHOTO, OUTER)  # Bob has the same photo, and the same chance
    people = People(engine)
    await people.forget(ANN)
    assert await left(engine, shelf, blobs) == {PHOTO, OUTER}
    await people.forget(BOB)
    assert await left(engine, shelf, blobs) == set()


async def test_a_piece_that_is_held_survives_its_master(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, blobs: Blobs, shelf: Shelf
) -> None:
    """A step continues from a master, which is deleted before the step is recorded."""
    await family(engine, store, queue, blobs)
    kept = await shelf.put((b"new", ".webp"), there=[key(PHOTO), key(RING)])
    assert kept.keys == (key(b"new"), key(PHOTO), key(RING))
    assert await noted(engine) == set(kept.keys)
    await People(engine).forget(ANN)
    while await shelf.settle_lot():
        pass
    assert [await blobs.get(one) for one in kept.keys] == [b"new", PHOTO, RING]
    await shelf.drop(kept)  # and cannot be recorded
    assert await left(engine, shelf, blobs) == set()


async def test_continuing_from_a_master_while_a_variant_is_deleted(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, blobs: Blobs, shelf: Shelf
) -> None:
    for _ in range(5):
        _, two, _ = await family(engine, store, queue, blobs)
        kept, *_ = await asyncio.gather(
            shelf.put((PHOTO, ".webp"), (OUTER, ".webp")),
            store.delete_expansion(two.id),
            *(shelf.settle_lot() for _ in range(3)),
        )
        pieces = [Piece(position=n, blob=one, left=0, top=0) for n, one in enumerate(kept.keys)]
        await store.photos.add(photo(BOB, pieces=pieces), kept)
        assert {PHOTO, OUTER} <= await left(engine, shelf, blobs)
        for person_id in (ANN, BOB):
            await People(engine).forget(person_id)
        assert await left(engine, shelf, blobs) == set()
        await add_people(engine, ANN, BOB)


async def test_a_persons_pictures_are_whole_masters_and_no_pieces(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, blobs: Blobs
) -> None:
    one, two, by_bob = await family(engine, store, queue, blobs)
    found = await People(engine).pictures(ANN)
    masters = {key(RING): one, key(OTHER): two}
    for blob, made in masters.items():
        assert (found[blob].maker, found[blob].master) == (made.id, made.result_id)
    assert key(PHOTO) not in found
    assert found[one.source.blob].master is None
    theirs = await People(engine).pictures(BOB)
    assert theirs[key(OUTER)].master == by_bob.result_id
    assert {owned.maker for owned in theirs.values()} == {by_bob.id}


async def test_masters_that_end_with_the_same_piece_are_different_pictures(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, blobs: Blobs
) -> None:
    """The strips around two screenshots may be equally white."""
    source = await store.photos.add(photo(ANN, chat_id=ANN, message_id=5))
    one, two = [await make(store, queue, source) for _ in range(2)]
    await cut(engine, blobs, one.result, PHOTO, OUTER)
    await cut(engine, blobs, two.result, RING, OUTER)
    found = await People(engine).pictures(ANN)
    masters = {name: owned.master for name, owned in found.items() if owned.master is not None}
    white = key(OUTER).removesuffix(".webp")
    assert masters == {f"{white}.webp": one.result_id, f"{white}-{two.result_id}.webp": two.result_id}


async def test_old_masters_have_no_pieces(engine: AsyncEngine, store: Store, queue: EmbeddedQueue) -> None:
    await add(engine, source := photo(ANN, chat_id=ANN, message_id=5))
    made = await make(store, queue, source)
    assert made.result is not None
    found = await People(engine).pictures(ANN)
    assert (found[made.result.blob].maker, found[made.result.blob].master) == (made.id, None)
