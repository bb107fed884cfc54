"""Zooming out: one tap expands a result once more with the choice that it was made with."""

from __future__ import annotations

from typing import Any

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.models import Expansion
from tests.support.messages import is_panel, is_result, size
from tests.support.scenes import expanded, expansion_of, forge, now, shown, taps


async def of(kuotu: Kuotu, result: Message) -> Expansion:
    return shown(await kuotu.services.store.expansion(expansion_of(result)))


async def zoomed_out(chat: Person, result: Message, label: str = "Zoom out more") -> Message:
    """Tap the button and return the next result."""
    last = chat.messages[-1].id
    assert await chat.tap(result, label) == "On its way ✨"
    return await chat.wait_for(lambda m: is_result(m) and m.id > last)


async def test_it_keeps_the_direction_the_scale_and_the_style(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo, "➡️", "1.25×", "Playful")
    second = await zoomed_out(chat, first)
    before, after = await of(kuotu, first), await of(kuotu, second)
    assert (after.direction, after.scale, after.style) == ("right", 1.25, "playful")
    assert (size(first), size(second)) == ((60, 32), (75, 32))
    assert (after.source_id, after.left) == (before.result_id, 0)
    assert after.seed != before.seed
    assert not [m for m in chat.messages if is_panel(m) and m.id > first.id]


async def test_it_goes_on_from_a_ratio_by_the_usual_scale(chat: Person, photo: bytes) -> None:
    assert size(await zoomed_out(chat, await expanded(chat, photo, "1:1"))) == (72, 72)


async def test_each_tap_is_one_step_and_a_double_tap_is_one(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    old = first.button("Zoom out more").data
    assert old == f"zo|{expansion_of(first)}|0"
    await zoomed_out(chat, first)
    assert await forge(chat, old) == "That has started already."
    await zoomed_out(chat, now(chat, first))
    assert (await of(kuotu, first)).rerolls == 2


async def test_another_button_of_the_same_result_is_another_start(chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    again, four = first.button("Again").data, first.button("Four").data
    await zoomed_out(chat, first)
    for data in (again, four):  # as of somebody who taps before the buttons are new
        assert [await forge(chat, data) for _ in range(2)] == ["On its way ✨", "That has started already."]
    await chat.wait_for(lambda m: {"1", "2", "3", "4"} <= set(m.labels))


async def test_the_button_of_an_older_message_starts_one(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    data = f"fu|{expansion_of(first)}"
    assert await forge(chat, data) == "On its way ✨"
    second = await chat.wait_for(lambda m: is_result(m) and m.photo and m.id > first.id)
    assert size(second) == (108, 72)
    assert await forge(chat, data) == "That has started already."


async def test_under_the_original_it_leaves_the_picture_as_it_is(chat: Person, photo: bytes) -> None:
    result = await expanded(chat, photo)
    before = await taps(chat, result, "Before")
    await zoomed_out(chat, before)
    renewed = await chat.wait_for(lambda m: m.id == result.id and "|1" in str(m.button("Zoom out more").data)[-2:])
    assert "◑ After" in renewed.labels


async def test_where_there_is_no_room_it_says_so(fresh_with: Any, newcomer: Any, photo: bytes) -> None:
    kuotu = await fresh_with(max_megapixels=0.0039)
    for language, refusal in (
        ("en", "That would pass 0.0039 megapixels or 16,000 px a side."),
        ("zh", "这样会超过 0.0039 百万像素或单边 16000 像素。"),
    ):
        chat = await newcomer("Ann", address=kuotu.address, language=language)
        sent = await chat.send_document(photo)
        panel = await chat.wait_for(lambda m, sent=sent: m.from_bot and m.id > sent.id and len(m.buttons) >= 6)
        await chat.tap(panel, "✨")
        first = await chat.wait_for(lambda m: any("zo|" in str(b.data) for b in m.buttons))
        assert size(first) == (72, 48)
        assert await chat.tap(first, "🔭") == refusal
