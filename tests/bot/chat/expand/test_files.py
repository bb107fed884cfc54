"""Files of unknown type, raw photos and oversized files are expanded or refused with a reason."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from struct import pack
from typing import Any

import pytest
from PIL import Image
from telegram import Chat, Document, Message

from bot.chat.choice import Choice, first_choice, offered_scales
from bot.chat.expand.arrival import attachment
from bot.playground import Person
from bot.settings import Settings
from inference.canvas import Extent
from inference.growth import Direction
from inference.image.codec import MAX_MEGAPIXELS
from tests.support.messages import is_panel
from tests.support.pictures import SIGNATURE, chunk, file, scene
from tests.support.scenes import unfolded

FIFTY = Extent(8192, 6144)  # the size of photos from phones of 2025


@pytest.mark.parametrize("name", ["IMG_0001", "photo.heic.download", "cat.bin"])
async def test_a_file_of_no_known_type_is_looked_at(chat: Person, photo: bytes, name: str) -> None:
    await chat.send_document(photo, name)
    assert "72 × 48 px" in (await unfolded(chat, await chat.wait_for(is_panel))).text


async def test_a_file_of_no_known_type_that_is_no_picture_is_told_so(chat: Person) -> None:
    await chat.send_document(b"PK\x03\x04" + bytes(99), "archive")
    assert "cannot read this file as a picture" in (await chat.wait_for(lambda m: m.from_bot)).text


async def test_a_file_of_another_type_is_not_fetched(chat: Person) -> None:
    await chat.send_document(b"%PDF-1.7", "paper.pdf", "application/pdf")
    assert "I expand still pictures" in (await chat.wait_for(lambda m: m.from_bot)).text


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        (None, True),
        ("", True),
        ("application/octet-stream", True),
        ("image/heic", True),
        ("video/mp4", False),
        ("application/zip", False),
    ],
)
def test_files_count_by_their_type_where_they_have_one(kind: str | None, taken: bool) -> None:
    document = Document("id", "unique", mime_type=kind)
    message = Message(1, datetime.fromtimestamp(0, UTC), Chat(1, "private"), document=document)
    assert (attachment(message) is not None) == taken


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "a camera's raw file, without a full-size preview"), ("zh-hans", "RAW")]
)
async def test_a_raw_file_is_told_what_it_is(newcomer: Any, language: str, sentence: str) -> None:
    person = await newcomer("Ann", language=language)
    await person.send_document(b"FUJIFILMCCD-RAW 0201" + bytes(400), "DSCF0001.RAF")
    assert sentence in (await person.wait_for(lambda m: m.from_bot)).text


def only_a_header(width: int, height: int) -> bytes:
    """Return a PNG whose pixels are damaged, so that decoding it fails."""
    head = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return SIGNATURE + head + chunk(b"IDAT", zlib.compress(b"no pixels")) + chunk(b"IEND", b"")


async def test_a_photo_that_no_canvas_can_hold_is_refused_before_it_is_decoded(newcomer: Any, fresh_with: Any) -> None:
    kuotu = await fresh_with(work=False, max_megapixels=10)
    ann = await newcomer("Ann", address=kuotu.address)
    await ann.send_document(only_a_header(4000, 2400), "large.png", "image/png")
    assert "any expansion would pass 10 megapixels" in (await ann.wait_for(lambda m: m.from_bot)).text


async def test_a_photo_above_the_limit_is_refused_by_its_header(chat: Person) -> None:
    await chat.send_document(only_a_header(9000, 6000), "large.png", "image/png")
    said = (await chat.wait_for(lambda m: m.from_bot)).text
    assert "54 megapixels" in said
    assert "52" in said


def test_photos_of_phones_can_be_expanded_by_a_quarter() -> None:
    most = Settings().max_megapixels
    assert FIFTY.megapixels <= MAX_MEGAPIXELS
    for direction in Direction:
        possible = offered_scales(Choice(direction), FIFTY, most)
        assert possible == ([] if direction is Direction.ALL else [1.25])
    assert first_choice(Choice(), FIFTY, most) is not None


async def test_a_float_tiff_is_told_what_it_is(chat: Person) -> None:
    light = Image.fromarray(scene()[..., 0].astype("f4"))
    await chat.send_document(file(light, "TIFF"), "light.tif", "image/tiff")
    assert "floating point" in (await chat.wait_for(lambda m: m.from_bot)).text
