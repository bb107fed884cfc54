"""Scenes that conversations about results start from."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientSession

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from bot.playground.playground import DEFAULT_TOKEN
from storage.models import Expansion, Post
from tests.bot.chat.expand.test_expand import is_panel, is_result
from tests.conftest import small_photo


async def group_of(newcomer: Any, *names: str) -> list[Person]:
    """A group with the bot and new people, the first its creator; each as they are in the group."""
    private = [await newcomer(name) for name in names]
    group = await private[0].new_group("Friends", [person.user for person in private[1:]])
    return [await newcomer(name, user=one.user, chat=group) for name, one in zip(names, private, strict=True)]


async def result_in(chat: Person) -> Message:
    """A result, made with two taps in a private chat or a group."""
    mark = chat.now
    await chat.send_document(small_photo(longest=48), caption="/expand")
    panel = await chat.wait_for(is_panel, after=mark)
    await chat.tap(panel, "Expand")
    return await chat.wait_for(lambda m: is_result(m) and m.id > panel.id)


async def published(chat: Person) -> tuple[Message, Message]:
    """A first result in the gallery, and the question for its title."""
    result = await result_in(chat)
    await chat.tap(result, "Publish")
    consent = await chat.wait_for(lambda m: "Not now" in m.labels)
    await chat.tap(consent, "Publish")
    return result, await chat.wait_for(lambda m: "No title" in m.labels)


async def post_by(kuotu: Kuotu, chat: Person) -> tuple[Message, Post]:
    """Another result in the gallery, by somebody who may have agreed to publishing before."""
    result, mark = await result_in(chat), chat.now
    await chat.tap(result, "Publish")
    asked = await chat.wait_for(lambda m: {"Not now", "No title"} & set(m.labels), after=mark)
    if "Not now" in asked.labels:
        await chat.tap(asked, "Publish")
        await chat.wait_for(lambda m: m.id == asked.id and "No title" in m.labels)
    post = await kuotu.services.gallery.post_of(expansion_of(result))
    assert post is not None
    return result, post


def expansion_of(result: Message) -> int:
    """The id that the buttons of a result carry."""
    return int(str(result.button("🤣").data).split("|")[1])


def now(chat: Person, message: Message) -> Message:
    """A message as it is by now."""
    return next(m for m in chat.messages if m.id == message.id)


async def forge(chat: Person, data: str) -> str | None:
    """Tap a button that the bot never made; what it answers."""
    markup = {"inline_keyboard": [[{"text": "forged", "callback_data": data}]]}
    sent = {"chat_id": chat.chat, "text": "look", "reply_markup": markup}
    if not chat.messages:
        await chat.say("hello")  # before that, no bot may write to anybody
    mark = chat.now
    send = f"/bot{DEFAULT_TOKEN}/sendMessage"
    async with ClientSession(chat.base_url) as http, http.post(send, json=sent) as response:
        response.raise_for_status()
    return await chat.tap(await chat.wait_for(lambda m: "forged" in m.labels, after=mark), data)


def shown(expansion: Expansion | None) -> Expansion:
    assert expansion is not None
    return expansion


async def card_at(chat: Person, post_id: int) -> Message:
    """A gallery that a link to one post opens."""
    asked = await chat.say(f"/start p{post_id}")
    return await chat.wait_for(lambda m: "⋯" in m.labels and m.id > asked.id)


async def taps(chat: Person, card: Message, *labels: str) -> Message:
    """Tap one button after another on what the message shows by then."""
    here = card.id
    for label in labels:
        mark = chat.now
        await chat.tap(here, label)
        card = await chat.wait_for(lambda m: m.id == here, after=mark)
    return card
