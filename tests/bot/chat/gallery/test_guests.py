"""Guests from a chat: the author allows it, the figure walks into wild pictures, and taking the post back ends that."""

from __future__ import annotations

from typing import Any

from bot.bootstrap import Kuotu
from bot.chat.gallery.guests import walks
from bot.playground import Message, Person
from storage.models import ChatGuest, Expansion
from tests.support.messages import is_panel, is_result
from tests.support.photos import small_photo
from tests.support.scenes import expansion_of, forge, group_of, now

WALK = "May walk into other pictures here"


async def result_of(chat: Person, photo: str, *styles: str) -> Message:
    sent = await chat.send_document(small_photo(photo, longest=200), caption="/expand")
    panel = await chat.wait_for(lambda m: is_panel(m) and m.id > sent.id)
    for style in styles:
        await chat.tap(panel, style)
    await chat.tap(panel, "✨ Expand")
    return await chat.wait_for(lambda m: is_result(m) and m.id > panel.id)


async def asked_for_a_title(chat: Person, result: Message) -> Message:
    await chat.press_data(result, f"pu|{expansion_of(result)}")
    await chat.tap(await chat.wait_for(lambda m: "Not now" in m.labels), "Publish")
    return await chat.wait_for(lambda m: "No title" in m.labels and m.id > result.id)


async def guest_from(kuotu: Kuotu, result: Message) -> ChatGuest | None:
    post = await kuotu.services.gallery.post_of(expansion_of(result))
    assert post is not None
    return await kuotu.services.guests.of(post.id)


async def walked_into(kuotu: Kuotu, chat: Person) -> tuple[Message, Expansion]:
    """Make wild pictures until one has room for a guest of the chat. Most have, but the seeds are drawn by chance."""
    for _ in range(20):
        wild = await result_of(chat, "picos", "Wild")
        shown = await kuotu.services.store.expansion(expansion_of(wild))
        if shown is not None and shown.recipe is not None and shown.recipe["visitors"]:
            return wild, shown
    raise AssertionError("no guest in twenty pictures")


async def test_a_figure_walks_into_the_pictures_of_its_chat_until_it_is_called_back(
    kuotu: Kuotu, newcomer: Any
) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    result = await result_of(ann, "astronaut")
    question = await asked_for_a_title(ann, result)
    assert await guest_from(kuotu, result) is None
    assert await forge(bob, f"wk|{expansion_of(result)}|1") == "This is somebody else's."
    assert (await ann.tap(question, WALK) or "").startswith("Cut out!")
    ticked = await ann.wait_for(lambda m: m.id == question.id and any("✓" in label for label in m.labels))
    guest = await guest_from(kuotu, result)
    assert guest is not None
    assert (guest.welcome, guest.chat_id) == (True, ann.chat)
    post = await kuotu.services.gallery.post_of(expansion_of(result))
    assert post is not None
    # elsewhere it does not walk, so the button there is free, and a tap sends it there instead
    assert [await walks(kuotu.services, post, chat) for chat in (ann.chat, ann.user)] == [True, False]
    wild, shown = await walked_into(kuotu, bob)
    assert shown.guests == [guest.blob]
    assert shown.recipe is not None
    assert shown.recipe["visitors"] == [guest.blob]
    assert "somebody from Ann's picture" in wild.text
    await ann.tap(now(ann, ticked), "Take it back")
    await bob.wait_gone(wild)
    assert await kuotu.services.store.expansion(shown.id) is None
    assert await guest_from(kuotu, result) is None


async def test_a_photo_without_a_figure_sends_nobody(kuotu: Kuotu, chat: Person) -> None:
    result = await result_of(chat, "sunset")
    question = await asked_for_a_title(chat, result)
    assert (await chat.tap(question, WALK) or "").startswith("I can't make out one clear figure")
    assert await guest_from(kuotu, result) is None


async def test_a_picture_is_painted_without_a_guest_whose_cut_out_is_lost(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    result = await result_of(ann, "astronaut")
    await ann.tap(await asked_for_a_title(ann, result), WALK)
    guest = await guest_from(kuotu, result)
    assert guest is not None
    await kuotu.services.blobs.delete([guest.blob])
    wild = await kuotu.services.store.expansion(expansion_of(await result_of(bob, "picos", "Wild")))
    assert wild is not None
    assert wild.recipe is not None
    assert (wild.guests, wild.recipe.get("visitors", [])) == ([guest.blob], [])


async def test_the_mark_is_put_and_taken_off(kuotu: Kuotu, chat: Person) -> None:
    result = await result_of(chat, "astronaut")
    question = await asked_for_a_title(chat, result)
    for _ in range(2):  # a double tap changes nothing
        await chat.press_data(question, f"wk|{expansion_of(result)}|1")
    on = await chat.wait_for(lambda m: m.id == question.id and any(f"✓ 🚶 {WALK}" in label for label in m.labels))
    assert (await chat.tap(on, WALK) or "").startswith("All right, it stays at home")
    await chat.wait_for(lambda m: m.id == question.id and f"🚶 {WALK}" in m.labels)
    assert await guest_from(kuotu, result) is None


async def test_nobody_agrees_for_others(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    result = await result_of(ann, "astronaut")
    question = await asked_for_a_title(ann, result)
    assert any(WALK in label for label in question.labels)
    mark = bob.now
    await bob.say("/expand", reply_to=result.id)
    panel = await bob.wait_for(is_panel, after=mark)
    await bob.tap(panel, "✨ Expand")
    fork = await bob.wait_for(lambda m: is_result(m) and m.id > panel.id)
    titled = await asked_for_a_title(bob, fork)
    assert not any(WALK in label for label in titled.labels)
    await bob.press_data(titled, f"wk|{expansion_of(fork)}|1")
    assert await guest_from(kuotu, fork) is None
