"""Scenes that many conversations start from: a photo sent, a result made, a post published, a card opened."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientSession

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from bot.playground.playground import DEFAULT_TOKEN
from storage.jobs.films import FilmStore
from storage.models import Expansion, Post
from tests.support.messages import is_doubled, is_panel, is_result, is_status, subject_of
from tests.support.photos import small_photo


async def group_of(newcomer: Any, *names: str) -> list[Person]:
    """Return new people as members of a group that the first of them has created with the bot in it."""
    private = [await newcomer(name) for name in names]
    group = await private[0].new_group("Friends", [person.user for person in private[1:]])
    return [await newcomer(name, user=one.user, chat=group) for name, one in zip(names, private, strict=True)]


async def answer_to(chat: Person, text: str) -> Message:
    """Say something and return the bot's answer, which is newer than any message that the bot edits meanwhile."""
    asked = await chat.say(text)
    return await chat.wait_for(lambda m: m.from_bot and m.id > asked.id)


async def expanded(chat: Person, photo: bytes, *taps: str) -> Message:
    """Send a photo, tap the given buttons and Expand, and return the result."""
    sent = await chat.send_document(photo)
    panel = await chat.wait_for(lambda m: is_panel(m) and m.id > sent.id)
    for tap in taps:
        await chat.tap(panel, tap)
    await chat.tap(panel, "Expand")
    return await chat.wait_for(lambda m: is_result(m) and m.id > panel.id)


async def start_a_long_one(chat: Person) -> Message:
    """Tap Expand on a photo that takes a second or so, and return the status message."""
    await chat.send_photo(small_photo("picos", 1100))
    await chat.tap(await chat.wait_for(is_panel), "Expand")
    return await chat.wait_for(is_status)


async def result_in(chat: Person) -> Message:
    """Return a result made with two taps, in a private chat or a group."""
    sent = await chat.send_document(small_photo("aitzgorri", 48), caption="/expand")  # the cheapest to expand
    panel = await chat.wait_for(lambda m: is_panel(m) and m.id > sent.id)
    await chat.tap(panel, "Expand")
    return await chat.wait_for(lambda m: is_result(m) and m.id > panel.id)


async def doubled(chat: Person, result: Message) -> Message:
    """Tap ×2 and return the doubled result."""
    mark = chat.now
    await chat.tap(result, "×2")
    return await chat.wait_for(lambda m: is_doubled(m) and m.id > result.id, after=mark)


async def published(chat: Person) -> tuple[Message, Message]:
    """Publish a first result; return it and the message that asks for a title."""
    result = await result_in(chat)
    await chat.tap(result, "Publish")
    consent = await chat.wait_for(lambda m: "Not now" in m.labels)
    await chat.tap(consent, "Publish")
    return result, await chat.wait_for(lambda m: "No title" in m.labels)


async def on_show(chat: Person) -> Message:
    """Publish a first result; return it once it shows its reactions."""
    result, _question = await published(chat)
    return await chat.wait_for(lambda m: m.id == result.id and m.shows("🤣"))


async def post_by(kuotu: Kuotu, chat: Person) -> tuple[Message, Post]:
    """Publish another result of somebody who may have agreed to publishing before; return it and its post."""
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
    """Return the expansion id that the buttons of a result carry."""
    return int(subject_of(result, "fe", "tl", "ey"))


async def felt(chat: Person, result: Message, feeling: str) -> str | None:
    """Vote on a result, by a button that it shows only in groups and once it is published. Return the answer."""
    tapped = await chat.press_data(result, f"fe|{expansion_of(result)}|{feeling}")
    return (await chat.answer_to(tapped))["text"] or None


async def unfolded(chat: Person, panel: Message) -> Message:
    """Return a panel with its directions, scales and ratios."""
    return panel if panel.shows("Fewer choices") else await taps(chat, panel, "⚙ Adjust")


async def details(chat: Person, result: Message) -> str:
    """Return the caption that a result has behind ⋯."""
    return (await taps(chat, result, "⋯")).text


def now(chat: Person, message: Message) -> Message:
    """Return the newest state of a message."""
    return next(m for m in chat.messages if m.id == message.id)


async def forge(chat: Person, data: str) -> str | None:
    """Tap a button that the bot never made, and return the answer."""
    markup = {"inline_keyboard": [[{"text": "forged", "callback_data": data}]]}
    sent = {"chat_id": chat.chat, "text": "look", "reply_markup": markup}
    if not chat.messages:
        await chat.say("hello")  # a bot may only write to people who have written first
    mark = chat.now
    send = f"/bot{DEFAULT_TOKEN}/sendMessage"
    async with ClientSession(chat.base_url) as http, http.post(send, json=sent) as response:
        response.raise_for_status()
    return await chat.tap(await chat.wait_for(lambda m: "forged" in m.labels, after=mark), data)


def store_of(kuotu: Kuotu) -> FilmStore:
    assert kuotu.services.films is not None
    return kuotu.services.films


def shown(expansion: Expansion | None) -> Expansion:
    assert expansion is not None
    return expansion


async def card_at(chat: Person, post_id: int) -> Message:
    """Open the gallery with a link to one post, and return the message that shows it."""
    asked = await chat.say(f"/start p{post_id}")
    return await chat.wait_for(lambda m: "⋯" in m.labels and m.id > asked.id)


async def taps(chat: Person, card: Message, *labels: str) -> Message:
    """Tap buttons one after another, each on the newest state of the message; return its last state."""
    here = card.id
    for label in labels:
        await chat.unfold(here, label)
        mark = chat.now
        await chat.tap(here, label)
        card = await chat.wait_for(lambda m: m.id == here, after=mark)
    return card
