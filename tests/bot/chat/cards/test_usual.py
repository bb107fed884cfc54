"""Which buttons a result shows: few in private, in a group those that anybody may tap, and the rest behind ⋯."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.models import Feeling
from tests.support.messages import is_result
from tests.support.scenes import group_of, now, published, result_in, taps


@pytest.fixture(scope="module")
def films() -> bool:
    return True


def rows(message: Message) -> list[list[str]]:
    return [[button.label for button in row] for row in message.rows]


ONWARD = [["🔁 Again", "▦ Four"], ["🔭 Zoom out more"]]


async def test_a_result_has_five_buttons_and_no_jargon(chat: Person) -> None:
    result = await result_in(chat)
    assert rows(result) == [*ONWARD, ["📣 Publish", "⋯"]]
    assert result.text == "⤢ 1.5× · 🌿 Faithful"


async def test_what_is_published_can_be_voted_on_and_shared(filmless_kuotu: Kuotu, newcomer: Any) -> None:
    chat = await newcomer("Ann", address=filmless_kuotu.address)
    result, _ = await published(chat)
    shown = await chat.wait_for(lambda m: m.id == result.id and m.shows("Share"))
    assert rows(shown) == [list(Feeling), *ONWARD, ["↗ Share", "⋯"]]
    assert "✏️ Rename" in (await taps(chat, shown, "⋯")).labels


async def test_the_rest_is_behind_the_dots_and_back_again(chat: Person) -> None:
    result = await result_in(chat)
    opened = await taps(chat, result, "⋯")
    assert rows(opened) == [
        ["◐ Before", "🔍 ×2"],
        ["🚀 Five steps in one go"],
        ["🎬 Film"],
        ["⚙ Adjust", "💾 Download"],
        ["🗑 Delete", "‹ Back"],
    ]
    assert "px · patchmatch" in opened.text
    assert "#" in opened.text
    closed = await taps(chat, opened, "Back")
    assert (rows(closed), closed.text) == (rows(result), result.text)


async def test_a_chain_leads_back_from_behind_the_dots(chat: Person) -> None:
    first = await result_in(chat)
    await chat.tap(first, "Zoom out more")
    second = await chat.wait_for(lambda m: is_result(m) and m.id > first.id)
    opened = await taps(chat, second, "⋯")
    assert ["⏪ One step back", "⏮ Back to the start"] in rows(opened)
    assert "Zoom-out no. 2" in opened.text


async def test_under_the_photo_before_one_tap_leads_back_to_the_result(chat: Person) -> None:
    before = await taps(chat, await result_in(chat), "Before")
    assert rows(before)[0] == ["◑ After"]
    assert rows(await taps(chat, before, "After"))[0] == ONWARD[0]


async def test_a_group_sees_what_anybody_may_tap(newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    result = await result_in(ann)
    assert rows(result) == [list(Feeling), ["◐ Before", "🎬 Film"], ["💾 Download", "⋯"]]
    assert await bob.tap(result.id, "⋯") == "This is somebody else's."
    assert rows(now(bob, result)) == rows(result)
    opened = await taps(ann, result, "⋯")
    assert rows(opened)[:3] == [list(Feeling), *ONWARD]
    assert await bob.tap(opened.id, "🤣") == "🤣"
