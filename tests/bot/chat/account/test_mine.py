"""/mine shows a person's own expansions as a sheet that leads to each, and to nobody else."""

from __future__ import annotations

from typing import Any

from bot.playground import Message, Person
from tests.support.messages import is_result, size
from tests.support.scenes import expansion_of, forge, group_of, result_in, taps


def is_mine(message: Message) -> bool:
    return "Tap a number" in message.text


async def opened(chat: Person) -> Message:
    await chat.say("/mine")
    return await chat.wait_for(is_mine)


def numbers(page: Message) -> list[int]:
    """Return the expansions that the buttons lead to."""
    return [int(str(b.data).split("|")[1]) for b in page.buttons if str(b.data).startswith("pv|")]


async def test_nothing_yet(chat: Person) -> None:
    await chat.say("/mine")
    await chat.wait_for(lambda m: m.text == "Nothing of yours yet. Send me a photo!")


async def test_the_newest_come_first_and_each_number_leads_to_its_picture(chat: Person) -> None:
    first, second = await result_in(chat), await result_in(chat)
    page = await opened(chat)
    assert page.labels == ["1", "2"]
    assert numbers(page) == [expansion_of(second), expansion_of(first)]
    assert page.text == "2 expansions\nTap a number to open it."
    width, height = size(page)
    assert width > 2 * height - 20  # two squares beside each other
    await chat.tap(page, "2")
    copy = await chat.wait_for(lambda m: is_result(m) and m.id > page.id)
    assert expansion_of(copy) == expansion_of(first)


async def test_pages_turn_in_one_message(chat: Person) -> None:
    made = [expansion_of(await result_in(chat)) for _ in range(8)]
    page = await opened(chat)
    assert numbers(page) == made[:1:-1]
    assert "8 expansions" in page.text
    assert page.labels[6:] == ["▶"]
    older = await taps(chat, page, "▶")
    assert numbers(older) == made[1::-1]
    assert older.labels[2:] == ["◀"]
    assert numbers(await taps(chat, older, "◀")) == numbers(page)
    assert sum(is_mine(m) for m in chat.messages) == 1


async def test_what_was_made_in_a_group_is_opened_in_private(newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    result = await result_in(ann)
    await ann.say("/mine")
    pointer = await ann.wait_for(lambda m: "in our own chat" in m.text)
    assert pointer.buttons[0].url == "https://t.me/kuotu_bot?start=mine"
    private = await newcomer("Ann", user=ann.user)
    await private.say("/start mine")
    page = await private.wait_for(is_mine)
    assert numbers(page) == [expansion_of(result)]
    await private.tap(page, "1")
    copy = await private.wait_for(is_result)
    await private.tap(copy, "Again")
    again = await private.wait_for(lambda m: is_result(m) and m.id > copy.id)
    assert expansion_of(again) != expansion_of(result)
    assert sum(is_result(m) for m in ann.messages) == 1
    assert bob.messages[-1].id == pointer.id


async def test_a_page_goes_with_a_picture_that_it_shows(chat: Person) -> None:
    first, second = await result_in(chat), await result_in(chat)
    page = await opened(chat)
    await chat.tap(await taps(chat, first, "Delete"), "Yes")
    await chat.wait_gone(first)
    await chat.wait_gone(page)
    assert numbers(await opened(chat)) == [expansion_of(second)]


async def test_nobody_opens_or_pages_another_ones(chat: Person, newcomer: Any) -> None:
    result = await result_in(chat)
    bob = await newcomer("Bob")
    assert await forge(bob, f"pv|{expansion_of(result)}") == "This is somebody else's."
    assert await forge(bob, f"dy|{expansion_of(result)}") == "This is somebody else's."
    assert await forge(bob, f"mo|{expansion_of(result) + 1}") == "There is no more."
    assert await forge(bob, f"mn|{expansion_of(result) - 1}") == "There is no more."
    assert not any(m.photo for m in bob.messages)
