"""The greeting shows in one picture what the bot does, and offers two first taps."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.chat.texts import texts
from bot.playground import Message, Person
from tests.support.messages import is_result
from tests.support.scenes import group_of, now


async def greeted(chat: Person) -> Message:
    asked = await chat.say("/start")
    return await chat.wait_for(lambda m: m.from_bot and m.photo and m.id > asked.id)


async def test_one_picture_and_two_buttons(chat: Person) -> None:
    greeting = await greeted(chat)
    assert greeting.photo is not None
    assert greeting.text.startswith("Hi Ann! 👋")
    assert greeting.labels == ["🖼 Gallery", "🎲 Try an example"]
    assert len([m for m in chat.messages if m.from_bot]) == 1


async def test_an_example_is_expanded_at_once_and_once(kuotu: Kuotu, chat: Person) -> None:
    greeting = await greeted(chat)
    queries = [await chat.press(greeting, "Try an example") for _ in range(2)]
    answers = [(await chat.answer_to(query))["text"] for query in queries]
    assert answers == ["On its way ✨", "That has started already."]
    result = await chat.wait_for(is_result)
    assert "🌀 Wild" in result.text
    mine = await kuotu.services.store.mine(chat.user, limit=9)
    assert [expansion.style for expansion in mine.expansions] == ["wild"]
    assert now(chat, greeting).labels == ["🖼 Gallery"]


async def test_help_promises_no_films_where_none_are_made(chat: Person) -> None:
    await chat.say("/help")
    assert "film" not in (await chat.wait_for(lambda m: "How it works" in m.text)).text
    assert "film" not in texts("en")("help", film="")


async def test_the_gallery_opens_from_the_greeting(chat: Person) -> None:
    greeting = await greeted(chat)
    await chat.tap(greeting, "Gallery")
    await chat.wait_for(lambda m: m.from_bot and m.id > greeting.id)


async def test_a_group_is_not_filled_with_examples(newcomer: Any) -> None:
    (ann,) = await group_of(newcomer, "Ann")
    greeting = await greeted(ann)
    assert greeting.text.startswith("Hi all!")
    assert greeting.labels == ["🖼 Gallery"]


@pytest.mark.parametrize(("language", "label"), [("en", "Try an example"), ("zh", "先试一张")])
async def test_the_example_is_offered_in_both_languages(newcomer: Any, language: str, label: str) -> None:
    assert label in str((await greeted(await newcomer("Ann", language=language))).labels)
