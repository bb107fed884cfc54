"""Unsure pictures are shown under a spoiler with a reason, and unsafe ones cannot be published."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from inference.safety.verdict import SHIPPED
from tests.support.messages import is_result
from tests.support.photos import small_photo
from tests.support.scenes import expanded, expansion_of, now, taps

Newcomer = Callable[..., Awaitable[Person]]
Fresh = Callable[..., Awaitable[Kuotu]]


UNSURE = {"safety": SHIPPED, "safety_unsure": 0.0}


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """Every picture is unsure."""
    return UNSURE


def is_veiled(message: Message) -> bool:
    return bool(message.raw.get("has_media_spoiler"))


@pytest.mark.parametrize(
    ("knobs", "veiled", "published"),
    [
        pytest.param({"safety": SHIPPED}, False, True, id="safe"),
        pytest.param(UNSURE, True, True, id="unsure"),
        pytest.param(UNSURE | {"safety_unsafe": 0.0}, True, False, id="unsafe"),
        pytest.param({"safety": "none", "safety_unsure": 0.0}, False, True, id="check-switched-off"),
    ],
)
async def test_the_check_decides_on_spoilers_and_on_publishing(
    kuotu: Kuotu,
    fresh_with: Fresh,
    newcomer: Newcomer,
    knobs: dict[str, Any],
    veiled: bool,
    published: bool,
) -> None:
    if knobs != UNSURE:
        kuotu = await fresh_with(**knobs)
    ann = await newcomer("Ann", address=kuotu.address)
    result = await expanded(ann, small_photo(longest=320))  # the classifier guesses at much smaller pictures
    assert is_veiled(result) == veiled
    assert ("Hidden: this may" in result.text) == veiled
    mark = ann.now
    await ann.tap(result, "Publish")
    if published:
        await ann.tap(await ann.wait_for(lambda m: "Not now" in m.labels, after=mark), "Publish")
        await ann.wait_for(lambda m: "No title" in m.labels)
    else:
        assert "too explicit for the gallery" in ann.toasts[-1]
        shown = await kuotu.services.messages.message(ann.chat, result.id)
        assert shown is not None
        assert shown.expansion_id is not None
        assert await kuotu.services.gallery.post_of(shown.expansion_id) is None


async def test_a_spoiler_stays_on_every_way_a_picture_reaches_a_message(newcomer: Newcomer, photo: bytes) -> None:
    """The ways are: result, before and after, four variants, one of them, /mine, and a gallery page."""
    ann = await newcomer("Ann")
    shown = [await expanded(ann, photo)]
    result = shown[0]
    for label in ("Before", "After", "Before"):
        shown.append(await taps(ann, result, label))
    await ann.tap(result, "Four")
    sheet = await ann.wait_for(lambda m: m.labels[:4] == ["1", "2", "3", "4"])
    mark = ann.now
    await ann.tap(sheet, "2")
    shown += [sheet, await ann.wait_for(lambda m: is_result(m) and m.id > sheet.id, after=mark)]
    mark = ann.now
    await ann.tap(shown[-1], "Publish")
    await ann.tap(await ann.wait_for(lambda m: "Not now" in m.labels, after=mark), "Publish")
    await ann.wait_for(lambda m: "No title" in m.labels)
    for command in ("/mine", "/gallery"):
        mark = ann.now
        await ann.say(command)
        shown.append(await ann.wait_for(lambda m: m.from_bot and m.photo is not None, after=mark))
    assert [message.id for message in shown if not is_veiled(message)] == []


async def test_a_second_tap_on_before_is_no_error(
    chat: Person, photo: bytes, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    result = await expanded(chat, photo)
    data = f"be|{expansion_of(result)}"
    for _ in range(2):
        await chat.answer_to(await chat.press_data(result, data))
    await chat.say("/help")  # handled after the second tap
    await chat.wait_for(lambda m: m.from_bot and not m.photo)
    assert _offers(now(chat, result), "After")
    assert "update.failed" not in capsys.readouterr().out + caplog.text


def _offers(message: Message, label: str) -> bool:
    return any(label in offered for offered in message.labels)
