"""A person's very first Expand shows all three styles as one sheet, once, where the quota has room for it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from tests.support.messages import is_panel, is_result
from tests.support.photos import small_photo
from tests.support.scenes import expansion_of, group_of, result_in

NAMES = ["1 🌿 Faithful", "2 🎈 Playful", "3 🌀 Wild"]


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """The usual settings of the bot, not of tests."""
    return {"first_sheet": True}


async def first_sheet(chat: Person) -> Message:
    await chat.send_document(small_photo(longest=64))
    await chat.tap(await chat.wait_for(is_panel), "Expand")
    return await chat.wait_for(lambda m: m.labels == NAMES)


async def test_the_first_expand_shows_three_styles_and_each_is_a_result(kuotu: Kuotu, chat: Person) -> None:
    sheet = await first_sheet(chat)
    assert sheet.text == "⤢ 1.5× · 🌿 🎈 🌀\nThe same photo in three styles. Tap the one you like!"
    await chat.tap(sheet, "Wild")
    result = await chat.wait_for(is_result)
    assert result.text.startswith("⤢ 1.5× · 🌀 Wild")
    mine = await kuotu.services.store.mine(chat.user, limit=9)
    assert sorted(expansion.style for expansion in mine.expansions) == ["faithful", "playful", "wild"]
    assert expansion_of(result) in [expansion.id for expansion in mine.expansions]


async def test_the_second_expand_makes_one_picture(chat: Person) -> None:
    sheet = await first_sheet(chat)
    panel = next(m for m in chat.messages if is_panel(m))
    await chat.tap(panel, "Expand")
    await chat.wait_for(lambda m: is_result(m) and m.id > sheet.id)


async def test_whoever_picks_a_style_first_gets_that_one(chat: Person) -> None:
    await chat.send_document(small_photo(longest=64))
    panel = await chat.wait_for(is_panel)
    await chat.tap(panel, "Wild")
    await chat.wait_for(lambda m: is_panel(m) and "✓ 🌀 Wild" in m.labels)
    await chat.tap(panel, "Expand")
    result = await chat.wait_for(is_result)
    assert result.text.startswith("⤢ 1.5× · 🌀 Wild")


async def test_a_group_gets_one_picture(newcomer: Any) -> None:
    (ann,) = await group_of(newcomer, "Ann")
    await result_in(ann)


async def test_a_quota_without_room_for_three_gives_one(fresh_with: Any, newcomer: Any) -> None:
    kuotu = await fresh_with(first_sheet=True, quota=2)
    await result_in(await newcomer("Ann", address=kuotu.address))


async def test_surprise_me_is_one_picture_and_leaves_the_sheet_for_later(chat: Person) -> None:
    await chat.send_document(small_photo(longest=64))
    await chat.tap(await chat.wait_for(is_panel), "Surprise me")
    await chat.wait_for(is_result)
    await first_sheet(chat)
