"""What is read of a photo's row is its picture: the file as sent, an old master, or all pieces of a new one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.pictures import READERS, Pictures
from inference.canvas import Box
from inference.engine import Pixels
from inference.image.codec import encode_png, encode_webp
from inference.image.mosaic import cut
from storage.blobs import Blobs, open_blobs
from storage.models import Photo, Piece
from storage.people.people import People
from storage.photos import Photos
from tests.support.films import sample
from tests.support.limits import HANG
from tests.support.rows import ANN, add_people, photo


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return open_blobs(str(tmp_path / "blobs") if request.param == "folder" else request.getfixturevalue("s3"))


@pytest.fixture
async def pictures(engine: AsyncEngine, blobs: Blobs) -> Pictures:
    await add_people(engine, ANN)
    return Pictures(Photos(engine), blobs)


@pytest.fixture(scope="module")
def canvas() -> Pixels:
    return sample("coffee", 120, 80)


async def in_pieces(pictures: Pictures, canvas: Pixels) -> Photo:
    """Store a master as a small middle and what surrounds it."""
    middle = Box(30, 20, 70, 60)
    cuts = [one for box in (middle, *middle.around(Box(0, 0, 120, 80).extent)) for one in cut(canvas, box)]
    keys = [await pictures.blobs.put(one.data, ".webp") for one in cuts]
    rows = [Piece(position=n, blob=keys[n], left=one.left, top=one.top) for n, one in enumerate(cuts)]
    return await pictures.photos.add(photo(ANN, blob=keys[-1], pieces=rows))


async def stored(blobs: Blobs, data: bytes) -> str:
    return await blobs.put(data, ".bin")


async def test_a_master_in_pieces_is_composed(pictures: Pictures, canvas: Pixels) -> None:
    row = await in_pieces(pictures, canvas)
    found = await pictures.of(row)
    assert np.array_equal(found.mosaic.pixels(), canvas)
    assert (found.mosaic.made, len(found.keys)) == (True, 5)
    assert [await pictures.blobs.get(key) for key in found.keys] == list(found.mosaic.files)


async def test_a_master_of_the_past_is_one_file_that_can_be_a_piece(pictures: Pictures, canvas: Pixels) -> None:
    for data in (encode_png(canvas), encode_webp(canvas)):
        row = await pictures.photos.add(photo(ANN, blob=await stored(pictures.blobs, data)))
        found = await pictures.of(row)
        assert (found.mosaic.files, found.keys, found.mosaic.made) == ((data,), (row.blob,), True)
        assert np.array_equal(found.mosaic.pixels(), canvas)


async def test_a_sent_photo_is_its_file_and_never_a_piece(pictures: Pictures, canvas: Pixels) -> None:
    data = encode_png(canvas)
    sent = photo(ANN, blob=await stored(pictures.blobs, data), chat_id=ANN, message_id=5)
    found = await pictures.of(await pictures.photos.add(sent))
    assert (found.mosaic.files, found.mosaic.made) == ((data,), False)


async def test_a_master_that_was_deleted_is_not_taken_for_its_last_piece(
    pictures: Pictures, canvas: Pixels, engine: AsyncEngine
) -> None:
    row = await in_pieces(pictures, canvas)
    await People(engine).forget(ANN)
    with pytest.raises(FileNotFoundError, match="was deleted"):
        await pictures.of(row)


async def test_a_master_whose_pieces_are_gone_is_no_picture(pictures: Pictures, canvas: Pixels) -> None:
    row = await in_pieces(pictures, canvas)
    await pictures.blobs.delete([row.blob])
    with pytest.raises(FileNotFoundError):
        await pictures.of(row)


@dataclass
class Away:
    """A store that does not answer for a while, and then fails."""

    asked: int = 0
    busy: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def get(self, key: str) -> bytes:
        self.asked += 1
        self.busy.set()
        await self.gate.wait()
        raise OSError("the store is away")


async def test_a_store_that_is_away_is_not_asked_for_all_the_pieces_of_a_long_chain(engine: AsyncEngine) -> None:
    """They would occupy the threads of the whole program for minutes, long after the first of them has failed."""
    await add_people(engine, ANN)
    photos, away = Photos(engine), Away()
    rows = [Piece(position=n, blob=f"piece-{n}", left=n, top=0) for n in range(80)]
    row = await photos.add(photo(ANN, blob="piece-79", pieces=rows))
    reading = asyncio.create_task(Pictures(photos, cast("Blobs", away)).of(row))
    async with asyncio.timeout(HANG):
        await away.busy.wait()
        for _ in range(3):
            await asyncio.sleep(0)
        assert away.asked == READERS
        away.gate.set()
        with pytest.raises(OSError, match="away"):
            await reading
        assert away.asked <= 3 * READERS  # some have begun before they hear of it
