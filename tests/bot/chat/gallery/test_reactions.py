"""Each person has one vote per post, in whatever way and message it was given."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import ReactionTypeCustomEmoji, ReactionTypeEmoji
from telegram.constants import ReactionEmoji

from bot.bootstrap import Kuotu
from bot.chat.gallery.reactions import NATIVE, feeling_of
from bot.playground import Message, Person
from storage.models import Feeling
from tests.support.scenes import expansion_of, felt, forge, group_of, now, on_show, published, result_in

LAUGHING, LOVING = Feeling.LAUGHING, Feeling.LOVING


@pytest.mark.parametrize(
    ("emoji", "feeling"),
    [
        pytest.param("🤣", Feeling.LAUGHING, id="itself"),
        pytest.param("😁", Feeling.LAUGHING, id="laugh"),
        pytest.param("❤", Feeling.LOVING, id="heart"),
        pytest.param("❤️", Feeling.LOVING, id="heart-with-selector"),
        pytest.param("❤️‍🔥", Feeling.LOVING, id="burning-heart"),
        pytest.param("👻", Feeling.SCREAMING, id="ghost"),
        pytest.param("🤯", Feeling.MIND_BLOWN, id="mind-blown"),
        pytest.param("👎", Feeling.YAWNING, id="thumb-down"),
        pytest.param("✍", None, id="says-nothing"),
    ],
)
def test_what_native_reactions_say(emoji: str, feeling: Feeling | None) -> None:
    assert feeling_of([ReactionTypeEmoji(emoji)]) is feeling


def test_the_newest_native_reaction_that_says_something_counts() -> None:
    several = [ReactionTypeEmoji("🤣"), ReactionTypeEmoji("😍"), ReactionTypeEmoji("✍"), ReactionTypeCustomEmoji("7")]
    assert feeling_of(several) is LOVING
    assert feeling_of([]) is None


def test_each_native_reaction_is_one_of_telegrams_and_says_one_thing() -> None:
    listed = [emoji for some in NATIVE.values() for emoji in some.split()]
    assert len(listed) == len(set(listed))
    assert set(listed) <= {emoji.value for emoji in ReactionEmoji}
    assert all(feeling.value in NATIVE[feeling].split() for feeling in Feeling)


async def votes(kuotu: Kuotu, result: Message) -> dict[Feeling, int]:
    counts = await kuotu.services.gallery.counts(expansion_of(result))
    return {feeling: count for feeling, count in counts.items() if count}


async def test_a_button_gives_a_vote_moves_it_and_takes_it_back(kuotu: Kuotu, chat: Person) -> None:
    result = await on_show(chat)
    assert await chat.tap(result, "🤣") == "🤣"
    await chat.wait_for(lambda m: "🤣 1" in m.labels)
    await chat.tap(result, "😍")
    await chat.wait_for(lambda m: {"🤣", "😍 1"} <= set(m.labels))
    assert await chat.tap(result, "😍") == "😍 taken back"
    await chat.wait_for(lambda m: m.id == result.id and "😍" in m.labels)
    assert await votes(kuotu, result) == {}


async def test_native_reactions_and_buttons_are_one_vote(kuotu: Kuotu, chat: Person) -> None:
    result = await on_show(chat)
    await chat.react(result, "😁")
    await chat.wait_for(lambda m: "🤣 1" in m.labels)
    await chat.tap(result, "😍")
    await chat.wait_for(lambda m: {"🤣", "😍 1"} <= set(m.labels))
    await chat.react(result)  # the emoji is removed; the newer vote by button stays
    await chat.react(result, "👻")
    await chat.wait_for(lambda m: {"😍", "😱 1"} <= set(m.labels))
    await chat.react(result)
    await chat.wait_for(lambda m: m.id == result.id and "😱" in m.labels)
    assert await votes(kuotu, result) == {}


async def test_in_a_group_everybody_has_a_vote(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob, cat = await group_of(newcomer, "Ann", "Bob", "Cat")
    result = await result_in(ann)
    await ann.set_standing("administrator")  # Telegram sends reactions only to administrators
    await bob.react(now(bob, result), "🤣")
    await bob.wait_for(lambda m: "🤣 1" in m.labels)
    await cat.tap(result.id, "🤣")
    assert await votes(kuotu, result) == {LAUGHING: 2}


async def test_two_messages_of_one_picture_take_one_vote(kuotu: Kuotu, chat: Person) -> None:
    result, _ = await published(chat)
    post = await kuotu.services.gallery.post_of(expansion_of(result))
    assert post is not None
    await chat.say(f"/start p{post.id}")  # use a link, because the gallery may contain other posts
    card = await chat.wait_for(lambda m: "▶" in m.labels)
    await chat.tap(card, f"fe|{expansion_of(result)}|🤣")
    await chat.react(result, "🤣")
    await chat.wait_for(lambda m: m.id == result.id and "🤣 1" in m.labels)
    assert await votes(kuotu, result) == {LAUGHING: 1}
    post = await kuotu.services.gallery.post_of(expansion_of(result))
    assert post is not None
    assert (post.laughing, post.impressions) == (0, 0)  # her own vote is shown, but ranks nothing


async def test_many_taps_are_few_edits_and_end_true(kuotu: Kuotu, chat: Person) -> None:
    result = await on_show(chat)
    before, taps = chat.now, list(Feeling) * 4
    for feeling in taps:
        await chat.press(result, f"fe|{expansion_of(result)}|{feeling.value}")
    await chat.wait_for(lambda m: "🥱 1" in m.labels)
    assert chat.now - before < len(taps) / 2
    assert await votes(kuotu, result) == {Feeling.YAWNING: 1}


async def test_nobody_votes_on_what_they_cannot_see(kuotu: Kuotu, chat: Person, newcomer: Any) -> None:
    result = await result_in(chat)
    bob = await newcomer("Bob")
    assert await forge(bob, f"fe|{expansion_of(result)}|🤣") == "This picture is not for everyone here."
    assert await forge(bob, f"fe|{expansion_of(result)}|💩") == "This button is out of date; the newest one works."
    assert await forge(bob, "fe|999999999|🤣") == "That is not there any more."
    assert await votes(kuotu, result) == {}


async def test_reactions_to_other_messages_say_nothing(kuotu: Kuotu, chat: Person) -> None:
    result, question = await published(chat)
    await chat.react(question, "🤣")
    await felt(chat, result, "😍")  # handled after it, because a person's updates are handled in order
    assert await votes(kuotu, result) == {LOVING: 1}
