"""Chains store each photo and each ring around it once, and every master is whole wherever somebody looks."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import Kuotu
from bot.pictures import Picture
from bot.playground import Message, Person
from inference.canvas import Extent
from inference.engine import Pixels
from inference.image.codec import decode, encode_master, is_png
from inference.image.mosaic import cut
from inference.marks.origin import pixel_hash
from storage.database import transactions
from storage.models import Expansion, Photo, Piece
from tests.support.messages import is_result
from tests.support.scenes import expanded, expansion_of, shown


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """A Kuotu of this module's own, whose database the tests change."""
    return {}


async def further(chat: Person, result: Message) -> Message:
    """Zoom out, and return the next result."""
    last = chat.messages[-1].id
    await chat.tap(result, "Zoom out more")
    return await chat.wait_for(lambda m: is_result(m) and m.id > last)


async def made(kuotu: Kuotu, *results: Message) -> tuple[list[Expansion], list[Picture]]:
    rows = [shown(await kuotu.services.store.expansion(expansion_of(result))) for result in results]
    return rows, [await kuotu.services.pictures.of(row.result) for row in rows if row.result is not None]


def inner(canvas: Pixels, step: Expansion) -> Pixels:
    height, width = canvas.shape[:2]
    return canvas[step.top : height - step.bottom, step.left : width - step.right]


async def test_three_steps_share_their_pieces_and_keep_every_pixel(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    second = await further(chat, first)
    third = await further(chat, second)
    rows, masters = await made(kuotu, first, second, third)
    assert [len(master.keys) for master in masters] == [5, 9, 13]
    for before, after in pairwise(masters):
        assert after.keys[: len(before.keys)] == before.keys
    pictures = [master.mosaic.pixels() for master in masters]
    marks = await kuotu.services.register.of([row.id for row in rows])
    assert [pixel_hash(picture) for picture in pictures] == [marks[row.id].result for row in rows]
    for canvas, before, step in zip(pictures, [decode(photo), *pictures], rows, strict=False):
        assert np.array_equal(inner(canvas, step), before)


async def test_variants_share_the_piece_of_their_photo(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    last = chat.messages[-1].id
    await chat.tap(first, "Again")
    again = await chat.wait_for(lambda m: is_result(m) and m.id > last)
    _, (one, other) = await made(kuotu, first, again)
    assert one.keys[0] == other.keys[0]
    assert not set(one.keys[1:]) & set(other.keys[1:])


async def test_a_chain_needs_nothing_of_the_steps_that_were_deleted(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    second = await further(chat, first)
    _, (_, before) = await made(kuotu, first, second)
    await kuotu.services.store.delete_expansion(expansion_of(first))
    while await kuotu.services.shelf.settle_lot():
        pass
    _, (after,) = await made(kuotu, second)
    assert after == before
    third = await further(chat, second)
    (step,), (master,) = await made(kuotu, third)
    assert np.array_equal(inner(master.mosaic.pixels(), step), before.mosaic.pixels())


async def made_old(engine: AsyncEngine, kuotu: Kuotu, row: Expansion, master: Pixels) -> str:
    """Turn a master into one of the past: a single file. Returns its key."""
    (key,) = (await kuotu.services.shelf.put((encode_master(master), ".webp"))).keys
    async with transactions(engine).write() as session:
        await session.execute(delete(Piece).where(Piece.photo_id == row.result_id))
        await session.execute(update(Photo).where(Photo.id == row.result_id).values(blob=key))
    return key


async def test_masters_of_the_past_go_on(kuotu: Kuotu, database: AsyncEngine, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    (row,), (before,) = await made(kuotu, first)
    key = await made_old(database, kuotu, row, before.mosaic.pixels())
    second = await further(chat, first)
    (step,), (master,) = await made(kuotu, second)
    assert (master.keys[0], len(master.keys)) == (key, 5)
    assert np.array_equal(inner(master.mosaic.pixels(), step), before.mosaic.pixels())


async def handed_over(chat: Person) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a person's rows, and their pictures by name."""
    await chat.say("/mydata")
    names = ("kuotu-mydata.json", "kuotu-pictures.zip")
    files = [await chat.wait_for(lambda m, n=name: m.file and m.file.get("file_name") == n) for name in names]
    told, pictures = [await chat.download(file) for file in files]
    with zipfile.ZipFile(BytesIO(pictures)) as archive:
        return json.loads(told), {name: archive.read(name) for name in archive.namelist()}


async def test_what_a_person_is_handed_over_are_whole_pictures(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    second = await further(chat, first)
    rows, masters = await made(kuotu, first, second)
    told, found = await handed_over(chat)
    blobs = {row["blob"].rpartition("/")[2] for row in told["photos"]}
    assert blobs <= set(found)
    for row, master in zip(rows, masters, strict=True):
        assert row.result is not None
        assert np.array_equal(decode(found[row.result.blob.rpartition("/")[2]]), master.mosaic.pixels())
    assert len(found) == 1 + 2 + 2  # the photo, the masters and the pictures for the chat


async def test_a_file_that_is_handed_over_has_the_name_of_its_format(
    kuotu: Kuotu, database: AsyncEngine, chat: Person, photo: bytes
) -> None:
    (row,), _ = await made(kuotu, await expanded(chat, photo))
    large = np.zeros((3200, 3200, 3), np.uint8)  # too large for one WebP
    pieces = cut(large, Extent.of(large).box)
    kept = await kuotu.services.shelf.put(*((piece.data, ".webp") for piece in pieces))
    async with transactions(database).write() as session:
        await session.execute(delete(Piece).where(Piece.photo_id == row.result_id))
        for number, (key, piece) in enumerate(zip(kept.keys, pieces, strict=True)):
            session.add(Piece(photo_id=row.result_id, position=number, blob=key, left=piece.left, top=piece.top))
    _, found = await handed_over(chat)
    assert not [name for name, data in found.items() if is_png(data) and name.endswith(".webp")]
    (name,) = [name for name in found if name.endswith(".png")]  # what was sent has no ending
    assert np.array_equal(decode(found[name]), large)
