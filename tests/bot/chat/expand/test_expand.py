"""The basic conversation: send a photo, tap buttons, and get a larger photo."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update

from bot.bootstrap import Kuotu
from bot.playground import Person
from inference.canvas import Margins
from inference.engine import EngineName, Request, ignore
from inference.image.codec import decode
from inference.marks.marking import mark
from storage.database import open_database, transactions
from storage.models import Expansion, Job, now
from tests.support.blind_engine import open_engine
from tests.support.databases import sqlite_in
from tests.support.jobs import unshown
from tests.support.messages import is_panel, is_result, size
from tests.support.photos import small_photo
from tests.support.scenes import details, expanded, unfolded


@pytest.fixture
def photo() -> bytes:
    return small_photo()


async def test_one_tap_is_enough(chat: Person, photo: bytes) -> None:
    await chat.send_document(photo)
    panel = await chat.wait_for(is_panel)
    assert await chat.tap(panel, "Expand") == "On its way ✨"
    assert size(await chat.wait_for(is_result)) == (240, 159)


@pytest.mark.parametrize("marked", [True, False], ids=["a-reply", "a-reply-that-telegram-did-not-mark"])
async def test_an_answer_to_a_result_goes_on_from_its_master(
    kuotu: Kuotu, chat: Person, photo: bytes, marked: bool
) -> None:
    result = await expanded(chat, photo)
    mark = chat.now
    await chat.say("/expand", reply_to=result if marked else None)
    panel = await chat.wait_for(is_panel, after=mark)
    await chat.tap(panel, "Expand")
    further = await chat.wait_for(lambda m: is_result(m) and m.id > panel.id)
    assert size(further) == (360, 239)
    assert "Zoom-out no. 2" in await details(chat, further)


async def test_expand_alone_says_how(chat: Person, photo: bytes) -> None:
    await chat.say("/expand")
    await chat.wait_for(lambda m: m.text.startswith("Just send me a photo."))
    await chat.send_document(photo)
    await chat.wait_for(is_panel)
    await chat.say("/expand")
    assert (await chat.wait_for(lambda m: m.id == 6)).text.startswith("Just send me a photo.")


async def test_the_dice_choose_and_start_at_once(chat: Person, photo: bytes) -> None:
    await chat.send_document(photo)
    await chat.tap(await chat.wait_for(is_panel), "🎲")
    width, height = size(await chat.wait_for(is_result))
    assert width > 160 or height > 106


@pytest.mark.parametrize(
    ("taps", "expected"),
    [
        pytest.param(["➡️"], (240, 106), id="right"),
        pytest.param(["↕️", "2×"], (160, 212), id="vertical-2x"),
        pytest.param(["1:1"], (160, 160), id="square"),
        pytest.param(["16:9", "1.25×"], (200, 133), id="the-last-of-ratio-and-scale-wins"),
    ],
)
async def test_the_preview_follows_each_tap(
    chat: Person, photo: bytes, taps: list[str], expected: tuple[int, int]
) -> None:
    await chat.send_document(photo)
    panel = await unfolded(chat, await chat.wait_for(is_panel))
    for tap in taps:
        mark = chat.now
        await chat.tap(panel, tap)
        panel = await chat.wait_for(is_panel, after=mark)
    assert "{} × {} px".format(*expected) in panel.text
    ratio = expected[0] / expected[1]
    assert size(panel)[0] / size(panel)[1] == pytest.approx(ratio, rel=0.02)
    await chat.tap(panel, "Expand")
    assert size(await chat.wait_for(is_result)) == expected


async def test_the_original_is_bit_identical_in_the_full_size_file(chat: Person, photo: bytes) -> None:
    result = await expanded(chat, photo)
    await chat.tap(result, "Download")
    file = await chat.wait_for(lambda m: m.kind == "document" and m.from_bot)
    canvas = decode(await chat.download(file))
    assert canvas.shape == (159, 240, 3)
    assert np.array_equal(canvas[26 : 26 + 106, 40 : 40 + 160], decode(photo))


async def test_a_reroll_is_another_picture(chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    begun = chat.now
    await chat.tap(first, "Again")
    second = await chat.wait_for(lambda m: is_result(m) and m.id != first.id, after=begun)
    assert await chat.download(first) != await chat.download(second)


async def test_each_of_four_variants_is_made_again_by_its_seed_alone(chat: Person, kuotu: Kuotu, photo: bytes) -> None:
    first = await expanded(chat, photo)
    await chat.tap(first, "Four")
    sheet = await chat.wait_for(lambda m: {"1", "2", "3", "4"} <= set(m.labels))
    assert "Cancel" not in str(sheet.labels)
    await chat.tap(sheet, "3")
    third = await chat.wait_for(lambda m: is_result(m) and m.id > sheet.id)
    await chat.tap(third, "Download")
    file = await chat.wait_for(lambda m: m.kind == "document" and m.from_bot)
    seed = int((await details(chat, third)).partition("#")[2].split()[0])
    request = Request(decode(photo), Margins(40, 26, 40, 27), seed=seed)
    alone = open_engine(EngineName.PATCHMATCH).expand(request, ignore).pixels
    mark(alone, request, kuotu.services.marks.marking("patchmatch "))
    assert np.array_equal(decode(await chat.download(file)), alone)


async def test_whoever_waited_long_for_four_is_told_once(
    fresh_with: Any, newcomer: Any, photo: bytes, tmp_path: Path
) -> None:
    kuotu = await fresh_with()
    ann = await newcomer("Ann", address=kuotu.address)
    await ann.tap(await expanded(ann, photo), "Four")
    sheet = await ann.wait_for(lambda m: {"1", "2", "3", "4"} <= set(m.labels))
    while await unshown(kuotu, ann.user):
        continue
    database = await open_database(sqlite_in(tmp_path / "data"))
    async with transactions(database).write() as session:  # pretend that it took a minute and was not delivered
        minute = {"created_at": now() - timedelta(minutes=1), "delivered_at": None, "announced_at": None}
        four = Expansion.batch.is_not(None)
        await session.execute(update(Expansion).where(four).values(minute))
        theirs = Job.subject.in_(select(Expansion.id).where(four))
        await session.execute(update(Job).where(theirs).values(settled_at=None))
    await database.dispose()
    await ann.wait_for(lambda m: m.text == "✅ Ready")
    await ann.tap(sheet, "2")
    chosen = await ann.wait_for(lambda m: is_result(m) and m.id > sheet.id)
    assert [m.text for m in ann.messages if sheet.id < m.id < chosen.id] == ["✅ Ready"]


async def test_a_chain_goes_on_from_the_master_and_back_again(chat: Person, photo: bytes, kuotu: Kuotu) -> None:
    first = await expanded(chat, photo)
    mark = chat.now
    await chat.tap(first, "Adjust")
    panel = await chat.wait_for(is_panel, after=mark)
    assert "‹ Fewer choices" in panel.labels  # who taps ⚙ there wants the choices
    assert "360 × 239 px" in panel.text
    await chat.tap(panel, "Expand")
    second = await chat.wait_for(lambda m: is_result(m) and m.id > panel.id, after=mark)
    await chat.tap(second, "Download")
    file = await chat.wait_for(lambda m: m.kind == "document" and m.from_bot)
    canvas = decode(await chat.download(file))
    assert np.array_equal(canvas[40 + 26 : 40 + 26 + 106, 60 + 40 : 60 + 40 + 160], decode(photo))
    mark = chat.now
    await chat.tap(second, "Back to the start")
    assert "240 × 159 px" in (await unfolded(chat, await chat.wait_for(is_panel, after=mark))).text


async def test_adjusting_begins_with_the_choices_of_the_result(chat: Person, photo: bytes) -> None:
    await chat.send_document(photo)
    panel = await unfolded(chat, await chat.wait_for(is_panel))
    for choice in ("Wild", "1.25×", "➡️"):
        await chat.tap(panel, choice)
    await chat.tap(panel, "Expand")
    result, mark = await chat.wait_for(is_result), chat.now
    await chat.tap(result, "Adjust")
    adjusted = await chat.wait_for(is_panel, after=mark)
    assert {"✓ 🌀 Wild", "✓ 1.25×", "✓ ➡️"} <= set(adjusted.labels)


async def test_before_and_after_flip_in_place(chat: Person, photo: bytes) -> None:
    result = await expanded(chat, photo)
    after = await chat.download(result)
    mark = chat.now
    await chat.tap(result, "Before")
    before = await chat.wait_for(lambda m: "◑ After" in m.labels, after=mark)
    assert before.id == result.id
    assert await chat.download(before) != after
    mark = chat.now
    await chat.tap(before, "After")
    again = await chat.wait_for(lambda m: m.id == result.id and "◑ After" not in m.labels, after=mark)
    assert await chat.download(again) == after


async def test_a_deleted_expansion_is_gone(chat: Person, photo: bytes, kuotu: Kuotu) -> None:
    result = await expanded(chat, photo)
    shown = await kuotu.services.messages.message(chat.chat, result.id)
    mark = chat.now
    await chat.tap(result, "Delete")
    assert (
        await chat.tap(await chat.wait_for(lambda m: "No, keep it" in m.labels, after=mark), "Yes, delete")
        == "Deleted."
    )
    await chat.wait_gone(result)
    assert shown is not None
    assert shown.expansion_id is not None
    assert await kuotu.services.store.expansion(shown.expansion_id) is None


async def test_a_double_tap_is_one_expansion(chat: Person, photo: bytes) -> None:
    await chat.send_document(photo)
    panel = await chat.wait_for(is_panel)
    data = panel.button("Expand").data
    assert data is not None
    queries = [await chat.press_data(panel, data) for _ in range(3)]
    answers = [(await chat.answer_to(query))["text"] for query in queries]
    assert sorted(answers) == ["On its way ✨", "That has started already.", "That has started already."]
    await chat.wait_for(is_result)
    mark = chat.now
    assert await chat.tap(await chat.wait_for(is_panel), "Expand") == "On its way ✨"
    await chat.wait_for(is_result, after=mark)
    assert len([m for m in chat.messages if is_result(m)]) == 2


async def test_a_caption_becomes_the_prompt_and_the_panel_says_that_nobody_reads_it(chat: Person, photo: bytes) -> None:
    await chat.send_photo(photo, "a <red> balloon")
    panel = await chat.wait_for(is_panel)
    assert "“a <red> balloon”" in panel.text
    assert "can't follow words" in panel.text


async def test_a_forwarded_caption_is_no_prompt(chat: Person, photo: bytes) -> None:
    own = await chat.send_photo(photo, "words of long ago")
    assert "long ago" in (await chat.wait_for(is_panel)).text
    mark = chat.now
    await chat.forward(own)
    assert "long ago" not in (await chat.wait_for(is_panel, after=mark)).text


async def test_an_album_brings_one_panel_that_asks_which_photo(chat: Person) -> None:
    await chat.send_album([small_photo("chelsea"), small_photo("astronaut"), small_photo("coffee")])
    panel = await chat.wait_for(lambda m: "📷 3" in str(m.labels))
    mark = chat.now
    await chat.tap(panel, "📷 2")
    panel = await chat.wait_for(lambda m: "✓ 📷 2" in m.labels, after=mark)
    assert len([m for m in chat.messages if is_panel(m)]) == 1
    assert "240 × 240 px" in (await unfolded(chat, panel)).text


@pytest.mark.parametrize("kind", ["sticker", "document"])
async def test_stickers_and_image_files_are_photos(chat: Person, kind: str) -> None:
    file = BytesIO()
    Image.open(BytesIO(small_photo())).save(file, "WEBP")
    await (
        chat.send_sticker(file.getvalue())
        if kind == "sticker"
        else chat.send_document(file.getvalue(), "a.webp", "image/webp")
    )
    assert "240 × 159 px" in (await unfolded(chat, await chat.wait_for(is_panel))).text


async def test_a_video_gets_one_sentence(chat: Person) -> None:
    await chat.send_video(b"not really a video")
    assert "I expand still pictures" in (await chat.wait_for(lambda m: m.from_bot)).text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(b"hello", "cannot read this file as a picture", id="text"),
        pytest.param(small_photo()[:2000], "damaged or cut off", id="truncated"),
    ],
)
async def test_a_bad_file_gets_one_clear_sentence(chat: Person, data: bytes, sentence: str) -> None:
    await chat.send_document(data, "photo.png", "image/png")
    assert sentence in (await chat.wait_for(lambda m: m.from_bot)).text


async def test_the_quota_is_told_and_kept(newcomer, photo: bytes, fresh_with) -> None:
    kuotu = await fresh_with(quota=2)
    ann = await newcomer("Ann", address=kuotu.address)
    await expanded(ann, photo)
    panel = await ann.wait_for(is_panel)
    mark = ann.now
    assert await ann.tap(panel, "Expand") == "On its way ✨ 0 of 2 left today."
    result = await ann.wait_for(is_result, after=mark)
    assert "used your 2 expansions" in str(await ann.tap(result, "Again"))


async def test_chinese_speakers_are_answered_in_chinese(newcomer, photo: bytes) -> None:
    mei = await newcomer("小梅", language="zh-hans")
    await mei.send_document(photo)
    panel = await mei.wait_for(lambda m: "✨ 扩图" in m.labels)
    assert await mei.tap(panel, "扩图") == "开始了 ✨"
    await mei.wait_for(lambda m: "🔁 再来一张" in m.labels)
