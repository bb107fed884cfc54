"""/mine shows a person's own expansions in one message, and to nobody else."""

from __future__ import annotations

from typing import Any

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from tests.support.messages import is_result
from tests.support.scenes import expansion_of, forge, group_of, now, published, result_in


def is_mine(message: Message) -> bool:
    return any("Open" in label for label in message.labels)


async def opened(chat: Person) -> Message:
    await chat.say("/mine")
    return await chat.wait_for(is_mine)


def number(page: Message) -> int:
    return int(str(page.button("Open").data).split("|")[1])


async def zoom_out_from(chat: Person, page: Message, starts: int) -> None:
    """Zoom out from a page of /mine, once its button counts the starts before, and wait for the result."""
    page = await chat.wait_for(
        lambda m: m.id == page.id and str(m.button("Zoom out more").data) == f"zo|{number(m)}|{starts}"
    )
    last = chat.messages[-1].id
    await chat.tap(page, "Zoom out more")
    await chat.wait_for(lambda m: is_result(m) and m.id > last)


async def test_nothing_yet(chat: Person) -> None:
    await chat.say("/mine")
    await chat.wait_for(lambda m: m.text == "Nothing of yours yet. Send me a photo!")


async def test_pages_from_the_newest_and_back(chat: Person) -> None:
    first, _ = await published(chat)
    second = await result_in(chat)
    page = await opened(chat)
    assert number(page) == expansion_of(second)
    assert "2 expansions" in page.text
    assert "◀" not in page.labels
    await chat.tap(page, "▶")
    older = await chat.wait_for(lambda m: m.id == page.id and "◀" in m.labels)
    assert number(older) == expansion_of(first)
    assert "In the gallery" in older.text
    assert "▶" not in older.labels
    await chat.tap(older, "◀")
    await chat.wait_for(lambda m: m.id == page.id and number(m) == expansion_of(second))


async def test_what_was_made_in_a_group_is_opened_in_private(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    result = await result_in(ann)
    await ann.say("/mine")
    pointer = await ann.wait_for(lambda m: "in our own chat" in m.text)
    assert pointer.buttons[0].url == "https://t.me/kuotu_bot?start=mine"
    private = await newcomer("Ann", user=ann.user)
    await private.say("/start mine")
    page = await private.wait_for(is_mine)
    assert number(page) == expansion_of(result)
    await private.tap(page, "Open")
    copy = await private.wait_for(is_result)
    await private.tap(copy, "Again")
    again = await private.wait_for(lambda m: is_result(m) and m.id > copy.id)
    assert expansion_of(again) != expansion_of(result)
    await zoom_out_from(private, page, 1)  # the first start was «Again»
    await zoom_out_from(private, page, 2)
    assert sum(is_result(m) for m in ann.messages) == 1
    assert bob.messages[-1].id == pointer.id


async def test_publish_from_the_list(kuotu: Kuotu, chat: Person) -> None:
    result = await result_in(chat)
    page = await opened(chat)
    await chat.tap(page, "Publish")
    asked = await chat.wait_for(lambda m: "Not now" in m.labels)
    await chat.tap(asked, "Publish")
    await chat.wait_for(lambda m: "No title" in m.labels)
    await chat.wait_for(lambda m: m.id == page.id and "✏️ Rename" in m.labels)
    assert await kuotu.services.gallery.post_of(expansion_of(result)) is not None


async def test_delete_from_the_list(kuotu: Kuotu, chat: Person) -> None:
    first, second = await result_in(chat), await result_in(chat)
    page = await opened(chat)
    await chat.tap(page, "Delete")
    asked = await chat.wait_for(lambda m: m.id == page.id and "🗑 Yes, delete" in m.labels)
    await chat.tap(asked, "No, keep it")
    kept = await chat.wait_for(lambda m: m.id == page.id and is_mine(m))
    assert number(kept) == expansion_of(second)
    await chat.tap(kept, "Delete")
    await chat.tap(await chat.wait_for(lambda m: "🗑 Yes, delete" in m.labels), "Yes")
    await chat.wait_for(lambda m: m.id == page.id and is_mine(m) and number(m) == expansion_of(first))
    await chat.wait_gone(second)
    assert await kuotu.services.store.expansion(expansion_of(second)) is None
    await chat.tap(now(chat, page), "Delete")
    await chat.tap(await chat.wait_for(lambda m: "🗑 Yes, delete" in m.labels), "Yes")
    await chat.wait_gone(page)
    await chat.wait_gone(first)


async def test_nobody_opens_or_pages_another_ones(chat: Person, newcomer: Any) -> None:
    result = await result_in(chat)
    bob = await newcomer("Bob")
    assert await forge(bob, f"pv|{expansion_of(result)}") == "This is somebody else's."
    assert await forge(bob, f"dy|{expansion_of(result)}") == "This is somebody else's."
    assert await forge(bob, f"mo|{expansion_of(result) + 1}") == "There is no more."
    assert await forge(bob, f"mn|{expansion_of(result) - 1}") == "There is no more."
    assert not any(m.photo for m in bob.messages)
