"""«×2» makes a result twice as large, once, and follows the same rules as any expansion."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from inference.engine import Pixels
from inference.image.codec import decode
from storage.database import open_database, transactions
from storage.models import Expansion, Status
from tests.support.bot import kuotu_in
from tests.support.databases import sqlite_in
from tests.support.messages import is_doubled, is_panel, is_result, size
from tests.support.photos import small_photo
from tests.support.rows import withhold
from tests.support.scenes import details, doubled, expansion_of, forge, group_of, now, result_in, shown, taps


@pytest.fixture(scope="module")
async def scarce(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Kuotu, AsyncEngine]]:
    """A Kuotu that makes two pictures for each person, and its database."""
    folder = tmp_path_factory.mktemp("scarce")
    async with kuotu_in(folder, films=False, quota=2) as kuotu:
        database = await open_database(sqlite_in(folder))
        yield kuotu, database
        await database.dispose()


async def of(kuotu: Kuotu, result: Message) -> Expansion | None:
    return await kuotu.services.store.expansion(expansion_of(result))


async def full_size(chat: Person, result: Message) -> Pixels:
    mark = chat.now
    await chat.tap(result, "Download")
    return decode(await chat.download(await chat.wait_for(lambda m: m.kind == "document" and m.from_bot, after=mark)))


async def test_a_result_is_doubled_and_halves_to_itself_bit_for_bit(chat: Person) -> None:
    result = await result_in(chat)
    width, height = size(result)
    large = await doubled(chat, result)
    assert size(large) == (2 * width, 2 * height)
    assert f"{2 * width} × {2 * height} px" in await details(chat, large)
    assert not {"🔁 Again", "▦ Four"} & set(large.labels)  # the result would be the same
    master, twice = await full_size(chat, result), await full_size(chat, large)
    assert np.array_equal(cv2.resize(twice, (width, height), interpolation=cv2.INTER_AREA), master)


async def test_tapping_again_makes_nothing_new_and_shows_what_there_is(kuotu: Kuotu, chat: Person) -> None:
    result = await result_in(chat)
    data = f"x2|{expansion_of(result)}"
    queries = [await chat.press_data(result, data) for _ in range(3)]
    answers = [(await chat.answer_to(query))["text"] for query in queries]
    assert answers == ["On its way ✨", "That has started already.", "That has started already."]
    first = await chat.wait_for(is_doubled)
    again = await doubled(chat, result)
    assert again.id != first.id
    assert expansion_of(again) == expansion_of(first)
    mine = await kuotu.services.store.mine(chat.user, limit=9)
    assert [expansion.doubles for expansion in mine.expansions] == [True, False]


async def test_it_is_the_owners_and_counts_as_an_expansion(scarce: tuple[Kuotu, AsyncEngine], newcomer: Any) -> None:
    kuotu, _ = scarce
    ann, bob = [await newcomer(name, address=kuotu.address) for name in ("Ann", "Bob")]
    result = await result_in(ann)
    assert await forge(bob, f"x2|{expansion_of(result)}") == "This is somebody else's."
    large = await doubled(ann, result)
    assert "used your 2 expansions" in str(await ann.tap(large, "×2"))
    assert await forge(ann, f"re|{expansion_of(large)}|0") == "This button is out of date; the newest one works."
    assert await forge(ann, "x2|999") == "That is not there any more."


async def test_in_a_group_nobody_taps_anothers(newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    result = await result_in(ann)
    assert await bob.tap(result.id, "×2") == "This is somebody else's."
    large = await doubled(ann, result)
    assert await bob.tap(large.id, "◐ Before") is None  # anyone here may look


async def test_it_is_not_offered_beyond_the_limits(fresh_with: Any, newcomer: Any) -> None:
    kuotu = await fresh_with(max_megapixels=0.02)
    ann = await newcomer("Ann", address=kuotu.address)
    result = await result_in(ann)
    large = await doubled(ann, result)
    assert "🔍 ×2" not in (await taps(ann, large, "⋯")).labels
    assert "would pass 0.02 megapixels" in str(await forge(ann, f"x2|{expansion_of(large)}"))


async def test_a_cancelled_one_is_tried_again_and_once(kuotu: Kuotu, chat: Person) -> None:
    await chat.send_photo(small_photo("picos", 1100))
    await chat.tap(await chat.wait_for(is_panel), "Expand")
    result = await chat.wait_for(is_result)
    await chat.tap(result, "×2")
    running = await chat.wait_for(lambda m: "🔍 Enlarging" in m.text)
    assert await chat.tap(running, "Cancel") == "Cancelled."
    ended = await chat.wait_for(lambda m: m.id == running.id and "Try again" in str(m.labels))
    assert "· ×2" in ended.text
    source = shown(await of(kuotu, result)).result_id
    assert source is not None
    tried = await kuotu.services.store.doubling(source, chat.user)
    assert shown(tried).status is Status.CANCELLED
    assert await chat.tap(ended, "Try again") == "On its way ✨"
    assert await chat.tap(result, "×2") == "That has started already."
    again = await chat.wait_for(lambda m: "Cancel" in str(m.labels) and m.id > ended.id)
    await chat.tap(again, "Cancel")


async def test_a_chain_goes_on_from_it(kuotu: Kuotu, chat: Person) -> None:
    result = await result_in(chat)
    large = await doubled(chat, result)
    twice, mark = await full_size(chat, large), chat.now
    await chat.tap(large, "Zoom out more")
    last = await chat.wait_for(lambda m: is_result(m) and m.id > large.id, after=mark)
    canvas, row = await full_size(chat, last), shown(await of(kuotu, last))
    height, width = twice.shape[:2]
    assert np.array_equal(canvas[row.top : row.top + height, row.left : row.left + width], twice)


async def test_before_shows_the_photo_alone_as_it_does_of_what_was_doubled(chat: Person) -> None:
    result = await result_in(chat)
    large = await doubled(chat, result)
    after = decode(await chat.download(large))
    small, twice = [decode(await chat.download(await taps(chat, each, "◐ Before"))) for each in (result, large)]
    height, width = small.shape[:2]
    assert twice.shape == after.shape == (2 * height, 2 * width, 3)
    halved = cv2.resize(twice, (width, height), interpolation=cv2.INTER_AREA).astype(int)
    photo = np.s_[height // 4 : -height // 4, width // 4 : -width // 4]
    assert np.abs(halved - small)[photo].mean() < 12
    assert np.abs(after.astype(int) - twice)[: height // 4].mean() > 20  # the area that the chain had not painted yet


async def test_it_stays_when_what_it_doubled_is_deleted(chat: Person) -> None:
    result = await result_in(chat)
    large = await doubled(chat, result)
    await taps(chat, result, "Delete")
    await chat.tap(now(chat, result), "Yes, delete")
    await chat.wait_gone(result)
    before = await taps(chat, large, "Before")
    assert size(before) == size(large)
    mark = chat.now
    await chat.tap(before, "Adjust")
    await chat.wait_for(is_panel, after=mark)


async def test_one_picture_hangs_in_the_gallery_once(kuotu: Kuotu, chat: Person) -> None:
    result = await result_in(chat)
    large = await doubled(chat, result)
    largest = await doubled(chat, large)
    await chat.tap(large, "Publish")
    await chat.tap(await chat.wait_for(lambda m: "Not now" in m.labels), "Publish")
    await chat.wait_for(lambda m: "No title" in m.labels)
    post = await kuotu.services.gallery.post_of(expansion_of(large))
    assert post is not None
    assert post.prior == shown(await of(kuotu, result)).surprise == shown(await of(kuotu, large)).surprise
    for same in (result, largest):
        assert "is in the gallery already" in str(await chat.tap(same, "Publish"))
    await withhold(kuotu.services.moderation, post.id, chat.user)
    for same in (result, largest):
        assert await chat.tap(same, "Publish") == "A moderator has taken this out of the gallery."


async def test_it_is_no_safer_than_what_it_doubles(scarce: tuple[Kuotu, AsyncEngine], newcomer: Any) -> None:
    kuotu, database = scarce
    ann = await newcomer("Ann", address=kuotu.address)
    result = await result_in(ann)
    async with transactions(database).write() as session:
        await session.execute(update(Expansion).values(verdict="unsafe"))
    large = await doubled(ann, result)
    assert large.raw["has_media_spoiler"]
    assert "too explicit for the gallery" in str(await ann.tap(large, "Publish"))


async def test_mydata_holds_it(chat: Person) -> None:
    await doubled(chat, await result_in(chat))
    await chat.say("/mydata")
    file = await chat.wait_for(lambda m: m.kind == "document" and m.file and m.file["file_name"].endswith(".json"))
    rows = json.loads(await chat.download(file))["expansions"]
    assert [row["doubles"] for row in rows] == [False, True]
    assert rows[1]["engine"] == "upscale"
    assert "onnxruntime=" in rows[1]["recipe"]["key"]
    assert "numba=" in rows[0]["recipe"]["key"]
