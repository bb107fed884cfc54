"""/settings belong to a person in private and to the admins in a group. /privacy says what is stored."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from tests.support.messages import is_panel
from tests.support.photos import small_photo
from tests.support.scenes import forge, group_of, unfolded

WORDS = ("Language", "Side", "Sides", "Size", "Style")
ADMINS = "Only the admins of this group change its settings."


def is_settings(message: Message) -> bool:
    return "中文" in str(message.labels)


async def opened(chat: Person) -> Message:
    await chat.say("/settings")
    return await chat.wait_for(is_settings)


def chosen(message: Message) -> list[str]:
    return [label.removeprefix("✓ ") for label in message.labels if label.startswith("✓ ")]


async def first_choices(chat: Person) -> set[str]:
    """Return what the panel of a new photo starts with."""
    sent = await chat.send_document(small_photo(longest=48), caption="/expand")
    panel = await chat.wait_for(lambda m: is_panel(m) and m.id > sent.id)
    return set(chosen(await unfolded(chat, panel)))


async def test_what_holds_at_first_is_marked(chat: Person) -> None:
    assert chosen(await opened(chat)) == ["Same as Telegram", "⤢", "1.5×", "🌿 Faithful"]


async def test_every_row_says_what_it_is(chat: Person) -> None:
    page = await opened(chat)
    heads = [row[0].label for row in page.rows]
    assert heads == ["Language", "English", "Side", "Sides", "Size", "Style", "🎈 Playful", "↺ Back to defaults"]
    said = [await chat.tap(page, head) for head in heads if head in WORDS]
    assert len(set(said)) == len(WORDS)
    assert "Playful" in str(said[-1])


async def test_a_new_panel_starts_with_what_was_chosen(chat: Person) -> None:
    page = await opened(chat)
    for label in ("➡️", "2×", "Wild"):
        assert await chat.tap(page, label) == "Saved."
    page = await chat.wait_for(lambda m: is_settings(m) and chosen(m)[1:] == ["➡️", "2×", "🌀 Wild"])
    assert await first_choices(chat) == {"➡️", "2×", "🌀 Wild"}
    await chat.tap(page, "Back to defaults")
    await chat.wait_for(lambda m: is_settings(m) and chosen(m)[1:] == ["⤢", "1.5×", "🌿 Faithful"])
    assert sum(is_settings(m) for m in chat.messages) == 1


async def test_the_language_changes_everything_at_once(chat: Person) -> None:
    page = await opened(chat)
    assert await chat.tap(page, "中文") == "已保存。"
    page = await chat.wait_for(lambda m: m.text.startswith("🔧 设置"))
    await chat.say("/privacy")
    await chat.wait_for(lambda m: "我保存什么" in m.text)
    assert {"command": "gallery", "description": "最离谱的作品"} in (await chat.menu())["commands"]
    await chat.tap(page, "跟随 Telegram")
    await chat.wait_for(lambda m: m.text.startswith("🔧 Settings"))
    await chat.say("/privacy")
    await chat.wait_for(lambda m: "What I keep" in m.text)
    assert {"command": "gallery", "description": "The most surprising ones"} in (await chat.menu())["commands"]


async def test_a_group_is_set_by_its_admins_for_everybody(newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    page = await opened(ann)
    assert page.text.startswith("🔧 Settings of this group")
    assert ADMINS in str(await bob.tap(page.id, "中文"))
    await bob.say("/settings")
    refusal = await bob.wait_for(lambda m: ADMINS in m.text)
    assert refusal.buttons[0].url == "https://t.me/kuotu_bot?start=settings"
    await ann.tap(page, "2×")
    await ann.wait_for(lambda m: is_settings(m) and chosen(m)[2] == "2×")
    assert "2×" in await first_choices(bob)
    await ann.set_standing("administrator", bob.user)
    await bob.tap(page.id, "中文")
    await bob.wait_for(lambda m: m.text.startswith("🔧 本群设置"))
    await ann.say("/help")
    await ann.wait_for(lambda m: "怎么玩" in m.text)


async def test_ones_own_choice_goes_before_the_groups(kuotu: Kuotu, newcomer: Any) -> None:
    (ann,) = await group_of(newcomer, "Ann")
    await ann.tap(await opened(ann), "2×")
    private = await newcomer("Ann", user=ann.user)
    await private.tap(await opened(private), "1.25×")
    assert "1.25×" in await first_choices(ann)


@pytest.mark.parametrize("data", ["sl|fr", "sl|", "ss|9999", "sd|sideways", "sy|mild", "sr|1"])
async def test_forged_choices_change_nothing(kuotu: Kuotu, chat: Person, data: str) -> None:
    assert await forge(chat, data) == "This button is out of date; the newest one works."
    person = await kuotu.services.people.person(chat.user)
    assert person is not None
    assert (person.language, person.direction, person.scale, person.style) == (None, None, None, None)


async def test_privacy_is_plain(chat: Person) -> None:
    await chat.say("/privacy")
    text = (await chat.wait_for(lambda m: "What I keep" in m.text)).text
    assert "/forget" in text
    assert "nobody else until you publish one" in text
