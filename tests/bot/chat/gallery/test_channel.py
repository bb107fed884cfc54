"""Channels: readers' reactions are counted apart from votes, and administrators act in the channel's name."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import ReactionCount, ReactionTypeCustomEmoji, ReactionTypeEmoji, ReactionTypePaid

from bot.bootstrap import Kuotu
from bot.chat.gallery.channel import counts_of
from bot.playground import Message, Person
from storage.models import Feeling, Post, PostStatus
from tests.support.messages import is_panel
from tests.support.photos import small_photo
from tests.support.scenes import answer_to, expansion_of, felt, now, post_by, result_in, taps


async def channel_of(newcomer: Any, owner: Person, *readers: str) -> list[Person]:
    """Return a channel with the bot, and the views of its owner and its readers."""
    people = [await newcomer(name) for name in readers]
    number = await owner.new_channel("Outrageous", [person.user for person in people])
    views = zip([owner, *people], ["Ann", *readers], strict=True)
    return [await newcomer(name, user=one.user, chat=number) for one, name in views]


async def tools_of(channel: Person, private: Person, result: Message) -> Message:
    """Tap as an administrator, and return the result with all its buttons in the private chat."""
    assert await channel.tap(result, "Expand yours") == "I've sent you its buttons in our own chat."
    return await private.wait_for(lambda m: "⋯" in m.labels)


async def share(chat: Person, post: Post) -> Message:
    """Send a post into a chat via the bot's inline mode."""
    return await chat.choose(await chat.inline(f"p{post.id}"))


async def fresh_post(kuotu: Kuotu, post: Post) -> Post:
    found = await kuotu.services.gallery.post(post.id)
    assert found is not None
    return found


def counters(post: Post) -> tuple[float, ...]:
    votes = (post.laughing, post.mind_blown, post.loving, post.screaming, post.yawning, post.impressions)
    return (*votes, post.surprise, post.top, post.hot)


def test_custom_emoji_are_left_out_and_paid_ones_are_stars() -> None:
    reactions = [
        ReactionCount(ReactionTypeEmoji("👍"), 3),
        ReactionCount(ReactionTypeCustomEmoji("7"), 9),
        ReactionCount(ReactionTypePaid(), 2),
    ]
    assert counts_of(reactions) == {"👍": 3, "⭐": 2}


async def test_what_a_channel_feels_is_shown_apart_and_moves_nothing(kuotu: Kuotu, newcomer: Any) -> None:
    ann = await newcomer("Ann")
    result, post = await post_by(kuotu, ann)
    owner, ben, cat = await channel_of(newcomer, ann, "Ben", "Cat")
    before = counters(await fresh_post(kuotu, post))
    shared = await share(owner, post)
    await ben.react(await ben.wait_for(lambda m: m.id == shared.id), "👍")
    await cat.react(await cat.wait_for(lambda m: m.id == shared.id), "🤣")
    await owner.react(shared, "👍")
    told = await ann.wait_for(lambda m: m.id == result.id and "📢 in channels: 👍 2 · 🤣 1" in m.text)
    assert "🤣" in told.labels  # «🤣 1» would be a vote
    assert counters(await fresh_post(kuotu, post)) == before
    await cat.react(now(cat, shared))
    await ann.wait_for(lambda m: m.id == result.id and "📢 in channels: 👍 2" in m.text and "🤣 1" not in m.text)
    await ann.say(f"/start p{post.id}")
    card = await ann.wait_for(lambda m: "▶" in m.labels)
    assert "📢 in channels: 👍 2" in card.text
    assert "seen by nobody" not in card.text


async def test_the_counts_of_two_channels_are_added_and_a_vote_stays_one(kuotu: Kuotu, newcomer: Any) -> None:
    ann = await newcomer("Ann")
    result, post = await post_by(kuotu, ann)
    for _ in range(2):
        owner, ben = await channel_of(newcomer, ann, "Ben")
        await share(owner, post)
        await ben.react(await ben.wait_for(lambda m: m.photo), "🤣")
    await felt(ann, result, "🤣")
    await ann.react(result, "🤣")
    await ann.wait_for(lambda m: m.id == result.id and "📢 in channels: 🤣 2" in m.text and "🤣 1" in m.labels)
    after = await fresh_post(kuotu, post)
    assert (after.laughing, after.impressions) == (0, 0)  # she is its author
    assert (await kuotu.services.gallery.counts(post.expansion_id))[Feeling.LAUGHING] == 1


async def test_a_post_that_leaves_the_gallery_leaves_the_channel(kuotu: Kuotu, newcomer: Any) -> None:
    ann = await newcomer("Ann")
    result, post = await post_by(kuotu, ann)
    owner, ben = await channel_of(newcomer, ann, "Ben")
    shared = await share(owner, post)
    await ben.react(await ben.wait_for(lambda m: m.id == shared.id), "🤣")
    await ann.wait_for(lambda m: m.id == result.id and "📢" in m.text)
    await taps(ann, now(ann, result), "Delete")
    await ann.tap(result.id, "Yes, delete")
    await ben.wait_gone(shared)
    assert await kuotu.services.anonymous.of(post.expansion_id) == {}


async def test_in_a_group_a_shared_picture_takes_votes(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    result, post = await post_by(kuotu, ann)
    number = await ann.new_group("Friends", [bob.user])
    ann_there, bob_there = [await newcomer(user=one.user, chat=number) for one in (ann, bob)]
    await ann_there.set_standing("administrator")
    shared = await share(ann_there, post)
    await bob_there.react(await bob_there.wait_for(lambda m: m.id == shared.id), "😱")
    await ann.wait_for(lambda m: m.id == result.id and "😱 1" in m.labels)
    assert await kuotu.services.gallery.counts(post.expansion_id) == dict.fromkeys(Feeling, 0) | {Feeling.SCREAMING: 1}


async def test_a_channel_expands_what_its_administrators_ask_for(kuotu: Kuotu, newcomer: Any) -> None:
    owner, ben = await channel_of(newcomer, await newcomer("Ann"), "Ben")
    result = await result_in(owner)
    panel = await ben.wait_for(is_panel)
    assert (
        await ben.tap(panel, "Expand")
        == "This panel is somebody else's. Send your own photo, or reply to one with /expand."
    )
    query = await ben.press_data(result.id, f"de|{expansion_of(result)}")
    assert (await ben.answer_to(query))["text"] == "This is somebody else's."
    assert await ben.tap(result.id, "🤣") == "🤣"
    await owner.wait_for(lambda m: m.id == result.id and "🤣 1" in m.labels)
    await ben.react(now(ben, result), "🔥")
    expansion = await kuotu.services.store.expansion(expansion_of(result))
    assert expansion is not None
    assert expansion.person_id == owner.chat
    await owner.say("/expand")
    await owner.wait_for(lambda m: "/expand" in m.text and not m.labels and m["from"]["is_bot"])
    assert await kuotu.services.anonymous.of(expansion.id) == {"🔥": 1}
    assert "📢" not in now(owner, result).text  # it is shown under the post itself


async def test_a_channel_publishes_under_its_name_with_a_title(kuotu: Kuotu, newcomer: Any) -> None:
    ann = await newcomer("Ann")
    await answer_to(ann, "/help")
    owner, ben = await channel_of(newcomer, ann, "Ben")
    result = await result_in(owner)
    copy = await tools_of(owner, ann, result)
    await ann.tap(copy, "Publish")
    await ann.tap(await ann.wait_for(lambda m: "Not now" in m.labels), "Publish")
    await ann.wait_for(lambda m: "No title" in m.labels)
    await ann.say("Breaking news")
    await ann.wait_for(lambda m: "“Breaking news”\nIt's in" in m.text)
    post = await kuotu.services.gallery.post_of(expansion_of(result))
    assert post is not None
    assert post.person_id == owner.chat
    await ben.wait_for(lambda m: m.id == result.id and m.text.startswith("“Breaking news”"))
    assert now(ben, result).labels == result.labels
    await ann.say(f"/start p{post.id}")
    assert (await ann.wait_for(lambda m: "▶" in m.labels)).text.startswith("“Breaking news”\nby Outrageous")


async def test_whoever_is_no_administrator_any_more_loses_the_tools(kuotu: Kuotu, newcomer: Any) -> None:
    ann = await newcomer("Ann")
    await answer_to(ann, "/help")
    owner, _ben = await channel_of(newcomer, ann, "Ben")
    result = await result_in(owner)
    copy = await tools_of(owner, ann, result)
    await owner.set_standing("member", ann.user)
    assert await ann.tap(copy, "Delete") == "This is somebody else's."
    assert await kuotu.services.store.expansion(expansion_of(result)) is not None


@pytest.mark.parametrize(
    ("language", "yours", "sent"),
    [
        pytest.param("en", "✨ Expand yours", "I've sent you its buttons in our own chat.", id="en"),
        pytest.param("zh-hans", "✨ 扩你的照片", "操作按钮已发到我们的私聊里。", id="zh"),
    ],
)
async def test_a_channel_shows_only_what_anybody_may_tap(
    kuotu: Kuotu, newcomer: Any, language: str, yours: str, sent: str
) -> None:
    """Readers are led to the private chat. An administrator gets the tools there, once the bot may write there."""
    ann, ben = await newcomer("Ann", language=language), await newcomer("Ben")
    number = await ann.new_channel("Outrageous", [ben.user])
    owner, reader = [await newcomer(user=one.user, chat=number, language=language) for one in (ann, ben)]
    await owner.send_document(small_photo(longest=48), caption="/expand")
    panel = await owner.wait_for(lambda m: any(str(b.data).startswith("go|") for b in m.buttons))
    await owner.tap(panel, str(next(b.data for b in panel.buttons if str(b.data).startswith("go|"))))
    result = await reader.wait_for(lambda m: yours in m.labels)
    assert result.labels == [*Feeling, yours]
    for person in (reader, owner):
        answer = await person.answer_to(await person.press(result.id, yours))
        assert answer["url"] == "https://t.me/kuotu_bot?start=expand"
    await answer_to(ann, "/help")
    assert await owner.tap(result.id, yours) == sent
    copy = await ann.wait_for(lambda m: any(str(b.data).startswith("tl|") for b in m.buttons))
    await taps(ann, copy, f"de|{expansion_of(result)}")
    await ann.tap(copy.id, f"dy|{expansion_of(result)}")
    await reader.wait_gone(result)


async def test_a_channel_is_forgotten_by_its_administrators_alone(kuotu: Kuotu, newcomer: Any) -> None:
    owner, ben = await channel_of(newcomer, await newcomer("Ann"), "Ben")
    result = await result_in(owner)
    await owner.say("/forget")
    asked = await ben.wait_for(lambda m: "🗑 Yes, everything" in m.labels)
    assert await ben.tap(asked, "Yes, everything") == "Only the one who asked can answer this."
    await owner.tap(asked.id, "Yes, everything")
    await owner.wait_for(lambda m: "Everything about you is gone" in m.text)
    await owner.wait_gone(result)
    assert await kuotu.services.store.expansion(expansion_of(result)) is None
    assert await kuotu.services.people.person(owner.chat) is None


async def test_a_banned_channel_counts_no_more(kuotu: Kuotu, newcomer: Any) -> None:
    ann = await newcomer("Ann")
    _result, post = await post_by(kuotu, ann)
    owner, ben = await channel_of(newcomer, ann, "Ben")
    shared = await share(owner, post)
    await kuotu.services.moderation.ban(owner.chat, ann.user)
    await ben.react(await ben.wait_for(lambda m: m.id == shared.id), "🤣")
    await owner.say("/expand")
    await owner.wait_for(lambda m: "A moderator has blocked you here" in m.text)
    assert await kuotu.services.anonymous.of(post.expansion_id) == {}
    assert (await fresh_post(kuotu, post)).status is PostStatus.LIVE


@pytest.mark.parametrize("words", ["/gallery", "/start", "/help", "just a post"])
async def test_a_channel_is_left_in_peace(newcomer: Any, words: str) -> None:
    owner, _ben = await channel_of(newcomer, await newcomer("Ann"), "Ben")
    await owner.say(words)
    await owner.say("/expand")
    await owner.wait_for(lambda m: m["from"]["is_bot"])
    assert sum(m["from"]["is_bot"] for m in owner.messages) == 1


async def test_a_channel_is_spoken_to_as_whoever_brought_the_bot_speaks(newcomer: Any) -> None:
    owner, _ben = await channel_of(newcomer, await newcomer("小梅", language="zh-hans"), "Ben")
    await owner.say("/expand")
    assert "照片" in (await owner.wait_for(lambda m: m["from"]["is_bot"])).text
