"""A group is greeted when the bot is added to it for the first time, and commands are quoted only in groups."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground import Person
from tests.support.scenes import answer_to


@pytest.mark.parametrize(
    ("language", "greeting"),
    [pytest.param("en", "Hi all! 👋", id="en"), pytest.param("zh-hans", "大家好！👋", id="zh")],
)
async def test_a_group_is_greeted_once(newcomer: Any, language: str, greeting: str) -> None:
    ann = await newcomer("Ann", language=language)
    group = await newcomer("Ann", user=ann.user, chat=await ann.new_group("Friends"), language=language)
    hello = await group.wait_for(lambda m: m.from_bot)
    assert hello.text.startswith(greeting)
    for standing in ("administrator", "member", "left", "member"):
        await group.set_standing(standing)
    answer = await answer_to(group, "/help")
    assert [m.id for m in group.messages if m.from_bot] == [hello.id, answer.id]


async def test_a_channel_and_a_private_chat_are_not_greeted(newcomer: Any) -> None:
    ann = await newcomer("Ann")
    channel = await newcomer("Ann", user=ann.user, chat=await ann.new_channel("News"))
    await ann.say("/help")
    await ann.wait_for(lambda m: m.from_bot)
    await ann.block()
    await ann.unblock()
    await answer_to(ann, "/help")
    assert sum(m.from_bot for m in ann.messages) == 2
    assert not [m for m in channel.messages if m.from_bot]


async def test_commands_are_quoted_only_in_groups(newcomer: Any, chat: Person) -> None:
    assert (await answer_to(chat, "/help")).reply_to is None
    group = await newcomer("Ann", user=chat.user, chat=await chat.new_group("Friends"))
    await group.wait_for(lambda m: m.from_bot)
    asked = await group.say("/help")
    assert (await group.wait_for(lambda m: m.from_bot and m.id > asked.id)).reply_to == asked.id


async def test_a_photo_is_quoted_by_its_panel_everywhere(chat: Person, photo: bytes) -> None:
    sent = await chat.send_document(photo)
    assert (await chat.wait_for(lambda m: m.from_bot)).reply_to == sent.id
