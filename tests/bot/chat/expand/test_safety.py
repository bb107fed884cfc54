"""What the check is unsure of is shown under a spoiler, with a reason; what it calls unsafe is not published."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from tests.support.scenes import expanded

Newcomer = Callable[..., Awaitable[Person]]
Fresh = Callable[..., Awaitable[Kuotu]]


def is_veiled(message: Message) -> bool:
    return bool(message.raw.get("has_media_spoiler"))


@pytest.mark.parametrize(
    ("knobs", "veiled", "published"),
    [
        pytest.param({}, False, True, id="safe"),
        pytest.param({"safety_unsure": 0.0}, True, True, id="unsure"),
        pytest.param({"safety_unsure": 0.0, "safety_unsafe": 0.0}, True, False, id="unsafe"),
        pytest.param({"safety": "none", "safety_unsure": 0.0}, False, True, id="check-switched-off"),
    ],
)
async def test_the_check_decides_on_spoilers_and_on_publishing(
    fresh_with: Fresh, newcomer: Newcomer, photo: bytes, knobs: dict[str, Any], veiled: bool, published: bool
) -> None:
    kuotu = await fresh_with(**knobs)
    ann = await newcomer("Ann", address=kuotu.address)
    result = await expanded(ann, photo)
    assert is_veiled(result) == veiled
    assert ("Under a spoiler" in result.text) == veiled
    mark = ann.now
    await ann.tap(result, "Publish")
    if published:
        await ann.tap(await ann.wait_for(lambda m: "Not now" in m.labels, after=mark), "Publish")
        await ann.wait_for(lambda m: "No title" in m.labels)
    else:
        assert "cannot hang in the gallery" in ann.toasts[-1]
        shown = await kuotu.services.messages.message(ann.chat, result.id)
        assert shown is not None
        assert shown.expansion_id is not None
        assert await kuotu.services.gallery.post_of(shown.expansion_id) is None
