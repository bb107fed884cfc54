"""A post's card: sorts, periods, before and after, forks with credit, links, inline mode, and /top."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.gallery.listing import Order, Period
from storage.models import Feeling, PostStatus
from tests.support.messages import is_result
from tests.support.scenes import card_at, details, expansion_of, forge, group_of, now, post_by, taps

GONE = "This picture is not in the gallery any more."


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """The usual settings, with a gallery that no other module uses."""
    return {}


async def forked(chat: Person, card: Message) -> Message:
    """Expand somebody's post further, and return the result."""
    mark = chat.now
    await chat.tap(card, "Expand this too")
    panel = await chat.wait_for(lambda m: "✨ Expand" in m.labels, after=mark)
    await chat.tap(panel, "Expand")
    return await chat.wait_for(lambda m: is_result(m) and m.id > panel.id)


async def test_a_fork_gives_credit_and_is_a_step_of_the_chain(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann <b>"), await newcomer("Bob")
    _result, post = await post_by(kuotu, ann)
    await ann.say("The & End")
    await ann.wait_for(lambda m: "“The & End”" in m.text)
    result = await forked(bob, await card_at(bob, post.id))
    assert "Zoom-out no. 2" in await details(bob, result)
    assert "going on from “The & End” by Ann <b>" in result.text
    steps = await kuotu.services.store.ancestry(expansion_of(result))
    assert [step.person_id for step in steps] == [ann.user, bob.user]
    assert steps[1].source_id == steps[0].result_id
    await bob.tap(result, "Publish")
    await bob.tap(await bob.wait_for(lambda m: "Not now" in m.labels), "Publish")
    await bob.wait_for(lambda m: "No title" in m.labels)
    theirs = await kuotu.services.gallery.post_of(expansion_of(result))
    assert theirs is not None
    assert "going on from “The & End” by Ann <b>" in (await card_at(ann, theirs.id)).text


async def test_what_was_taken_back_is_not_forked_nor_credited(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    _result, post = await post_by(kuotu, ann)
    card, mark = await card_at(bob, post.id), bob.now
    result = await forked(bob, card)
    await bob.tap(card, "Expand this too")
    panel = await bob.wait_for(lambda m: "✨ Expand" in m.labels, after=mark)
    own = await taps(ann, await card_at(ann, post.id), "⋯")
    assert "🚩 Report" not in own.labels
    await ann.tap(own, "Take it back")
    assert await bob.tap(panel, "Expand") == GONE
    assert await forge(bob, f"gx|{post.id}") == GONE
    await bob.wait_gone(card)
    assert "going on" not in await details(bob, result)


async def test_before_and_after_stay_on_the_card(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    _result, post = await post_by(kuotu, ann)
    card = await card_at(bob, post.id)
    before = await taps(bob, card, "Before")
    assert before.photo is not None
    assert card.photo is not None
    assert before.photo["file_id"] != card.photo["file_id"]
    assert before.text == card.text
    await bob.tap(before, "🤣")
    voted = await bob.wait_for(lambda m: m.id == card.id and "🤣 1" in m.labels)
    assert "◑ After" in voted.labels
    after = await taps(bob, voted, "After")
    assert after.photo is not None
    assert after.photo["file_id"] == card.photo["file_id"]
    again = await taps(bob, after, "Before")
    assert again.photo is not None
    assert again.photo["file_id"] == before.photo["file_id"]  # uploaded once


async def test_sorts_and_periods_are_kept_in_the_row(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    posts = [(await post_by(kuotu, ann))[1] for _ in range(2)]
    await kuotu.services.gallery.react(posts[0].expansion_id, ann.user, Feeling.LAUGHING)
    card = await card_at(bob, posts[1].id)
    card = await taps(bob, card, "Sort: 🌡 Surprising ▾")
    assert [[button.label for button in row] for row in card.rows] == [
        ["✓ 🌡 Surprising", "🔥 Hot"],
        ["🏆 Top", "🕒 Newest"],
        ["🔀 Random"],
        ["24 h", "7 days", "✓ All"],
        ["‹ Back"],
    ]
    card = await taps(bob, card, "🏆 Top", "Sort:")
    assert {"✓ 🏆 Top", "✓ All"} <= set(card.labels)
    card = await taps(bob, card, "24 h", "Sort:")
    assert {"✓ 🏆 Top", "✓ 24 h"} <= set(card.labels)
    card = await taps(bob, card, "✓ 🏆 Top")  # it is chosen already, so the usual buttons come back
    assert "Sort: 🏆 Top ▾" in card.labels
    card = await taps(bob, card, "Sort:", "🕒 Newest", "Sort:")
    assert "✓ 🕒 Newest" in card.labels
    assert "24 h" not in card.labels  # the order is by age already
    card = await taps(bob, card, "🔀 Random")
    gallery = await kuotu.services.galleries.gallery_in(bob.user, card.id)
    assert gallery is not None
    assert (gallery.sort, gallery.period) == ("random", "all")
    live = {post.expansion_id for post in (await kuotu.services.gallery.some(Order.RANDOM, Period.ALL, limit=99)).posts}
    seen = {expansion_of(card)}
    for _ in range(len(live) - 1):
        card = await taps(bob, card, "▶")
        seen.add(expansion_of(card))
    assert seen == live
    assert await bob.tap(card, "▶") == "You have seen everything! From the start."


async def test_the_author_renames_and_deletes_from_the_card(kuotu: Kuotu, newcomer: Any) -> None:
    ann = await newcomer("Ann")
    result, post = await post_by(kuotu, ann)
    card = await taps(ann, await card_at(ann, post.id), "⋯")
    mark = ann.now
    await ann.tap(card, "Rename")
    await ann.wait_for(lambda m: "No title" in m.labels, after=mark)
    await ann.say("Renamed")
    await ann.wait_for(lambda m: "“Renamed”" in m.text)
    card = await taps(ann, await card_at(ann, post.id), "⋯", "Delete")
    await ann.tap(card, "Yes, delete")
    await ann.say(f"/start p{post.id}")
    await ann.wait_for(lambda m: m.text == GONE)
    assert {card.id, result.id}.isdisjoint(m.id for m in ann.messages)
    assert await kuotu.services.store.expansion(post.expansion_id) is None


async def test_in_a_group_the_rarer_buttons_work_for_whom_they_may(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    _result, post = await post_by(kuotu, ann)
    card = await taps(bob, await card_at(bob, post.id), "⋯")
    assert {"🚩 Report", "✏️ Rename", "↩️ Take it back", "🗑 Delete"} <= set(card.labels)
    for label in ("Rename", "Take it back", "Delete"):
        assert await bob.tap(card, label) == "This is somebody else's."
    assert "🤣" in (await taps(bob, card, "Back")).labels
    there = await kuotu.services.gallery.post(post.id)
    assert there is not None
    assert there.status is PostStatus.LIVE


async def test_links_open_posts_and_nothing_else(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    _result, post = await post_by(kuotu, ann)
    assert kuotu.playground is not None
    share = (await card_at(bob, post.id)).button("Share")
    assert f"{kuotu.playground.username}%3Fstart%3Dp{post.id}&" in str(share.url)
    there = await kuotu.services.gallery.post(post.id)
    assert there is not None
    assert there.impressions == 1
    await bob.say(f"/start p{10**17}")
    await bob.wait_for(lambda m: m.text == GONE)
    await bob.say("/start p0")
    await bob.wait_for(lambda m: "Hi Bob" in m.text)


async def test_inline_mode_sends_the_picture_that_telegram_has(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    result, post = await post_by(kuotu, ann)
    await bob.say("/help")
    answer = await bob.inline(f"p{post.id}")
    assert [one["id"] for one in answer["results"]] == [str(post.id)]
    sent = await bob.choose(answer)
    shown = now(ann, result)
    assert sent.photo is not None
    assert shown.photo is not None
    assert sent.photo["file_id"] == shown.photo["file_id"]
    assert str(sent.button("Open and react").url).endswith(f"?start=p{post.id}")
    assert str(post.id) in [one["id"] for one in (await bob.inline(""))["results"]]
    assert (await bob.inline("p999999"))["results"] == []


async def test_top_names_the_masterpieces_and_their_authors(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann <i>x</i>"), await newcomer("Bob")
    _result, post = await post_by(kuotu, ann)
    await ann.say("Best & brightest")
    await ann.wait_for(lambda m: "“Best & brightest”" in m.text)
    voters = [await newcomer(name) for name in "CDEF"]
    for voter in voters:
        await voter.tap(await card_at(voter, post.id), "🤯")
    await bob.say("/top")
    listed = await bob.wait_for(lambda m: "masterpieces" in m.text)
    assert "🥇 “Best & brightest” by Ann <i>x</i>" in listed.text
    assert "🤯 4" in listed.text
    await bob.tap(listed, "🥇")
    card = await bob.wait_for(lambda m: "⋯" in m.labels)
    assert expansion_of(card) == post.expansion_id
