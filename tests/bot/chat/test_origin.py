"""A tap acts only on the message that it came from, whatever data a client sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.playground import Message, Person
from tests.support.messages import is_panel, is_result, subject_of

STALE = "This button is out of date; the newest one works."


async def two_in_a_group(newcomer: Callable[..., Any]) -> tuple[Person, Person]:
    """Return Ann and Ben in a group."""
    ann, ben = await newcomer("Ann"), await newcomer("Ben")
    group = await ann.new_group("Sunday club", [ann.user, ben.user])
    return await newcomer("Ann", user=ann.user, chat=group), await newcomer("Ben", user=ben.user, chat=group)


async def result_in(chat: Person, photo: bytes) -> Message:
    await chat.send_document(photo, caption="/expand" if chat.chat < 0 else "")
    panel = await chat.wait_for(is_panel)
    await chat.press(panel, "Expand")
    return await chat.wait_for(is_result)


def datum(message: Message, tag: str) -> str:
    """Return the data of the message's button with a tag, or of the one that it has behind ⋯."""
    shown = (b.data for b in message.buttons if b.data and b.data.startswith(f"{tag}|"))
    return next(shown, f"{tag}|{subject_of(message, 'tl')}")


async def test_data_of_ones_own_picture_does_nothing_to_anothers_message(
    newcomer: Callable[..., Any], photo: bytes
) -> None:
    ann, here = await two_in_a_group(newcomer)
    ben = await newcomer("Ben", user=here.user)
    theirs, own = await result_in(ann, photo), await result_in(ben, photo)
    for tag in ("de", "dy", "be", "pu", "re", "zo", "aj"):
        query = await here.press_data(theirs.id, datum(own, tag))
        assert (await here.answer_to(query))["text"] == STALE, tag
        shown = await here.wait_for(lambda m: m.id == theirs.id)
        assert (shown.text, shown.labels) == (theirs.text, theirs.labels), tag
        assert own.id in [message.id for message in ben.messages]


async def test_a_panels_button_on_anothers_panel_is_out_of_date(newcomer: Callable[..., Any], photo: bytes) -> None:
    ann, ben = await two_in_a_group(newcomer)
    await ann.send_document(photo, caption="/expand")
    theirs = await ann.wait_for(is_panel)
    mark = ben.now
    await ben.send_document(photo, caption="/expand")
    own = await ben.wait_for(lambda m: is_panel(m) and m.id > theirs.id, after=mark)
    query = await ben.press_data(theirs.id, datum(own, "go"))
    assert (await ben.answer_to(query))["text"] == STALE
    query = await ben.press_data(own.id, datum(own, "go"))
    assert (await ben.answer_to(query))["text"] != STALE


async def test_a_quick_second_tap_is_told_apart_from_a_forged_one(chat: Person, photo: bytes) -> None:
    await chat.send_document(photo)
    panel = await chat.wait_for(is_panel)
    old = datum(panel, "go")
    await chat.press_data(panel.id, old)
    await chat.wait_for(is_result)  # the panel has a new revision now
    assert (await chat.answer_to(await chat.press_data(panel.id, old)))["text"] == "That has started already."


async def test_what_no_button_ever_carried_is_out_of_date(chat: Person, photo: bytes) -> None:
    await chat.send_document(photo)
    panel = await chat.wait_for(is_panel)
    for data in ("|", "zz|1", "go|1", "go|1|x", "go|99999999999999999999|0", "a" * 64):
        query = await chat.press_data(panel.id, data)
        assert (await chat.answer_to(query))["text"] == STALE, data
