"""Reports, reviews and bans, from the side of people and of moderators."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.models import Act, Post, PostStatus
from tests.support.scenes import answer_to, card_at, expansion_of, forge, group_of, post_by, result_in, taps

ADMIN = 777
GONE = "This picture is not in the gallery any more."
FORBIDDEN = [
    "my RUTABAGA!",  # the operator's word
    "Ｒｕｔａｂａｇａ",  # full width
    "ruta\u202e\u200bbaga",
    "r u t a b a g a",
    "你 傻 逼 吗",
]
NOT_YOURS = "Only the moderators of the gallery can do this."


@pytest.fixture(scope="module")
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A moderator, a list of refused words, and two reports that take a post out of the gallery."""
    words = tmp_path_factory.mktemp("moderated") / "words.txt"
    words.write_text("# ours\nrutabaga\n", "utf-8")
    return {"admins": (ADMIN,), "reports": 2, "words": words}


@pytest.fixture
async def admin(newcomer: Any) -> Person:
    return await newcomer("Mo", user=ADMIN)


async def posted(kuotu: Kuotu, chat: Person) -> Post:
    return (await post_by(kuotu, chat))[1]


async def status(kuotu: Kuotu, post: Post) -> PostStatus | None:
    there = await kuotu.services.gallery.post(post.id)
    return there.status if there is not None else None


async def reported(chat: Person, post: Post, reason: str = "Violent") -> Message:
    card = await taps(chat, await card_at(chat, post.id), "⋯", "Report")
    await chat.tap(card, reason)
    return card


async def case(admin: Person) -> Message:
    return await answer_to(admin, "/review")


async def judged(admin: Person, judgement: str) -> Message:
    """Judge the case that is shown first, and return the message afterwards."""
    shown = await case(admin)
    if judgement != "Keep":
        shown = await taps(admin, shown, judgement)
        judgement = "Yes: "
    mark = admin.now
    await admin.tap(shown, judgement)
    return await admin.wait_for(lambda m: m.id == shown.id, after=mark)


async def acts(kuotu: Kuotu, target: str) -> list[tuple[int | None, Act]]:
    return [(entry.actor, entry.act) for entry in await kuotu.services.moderation.log(target)]


async def test_a_report_asks_for_a_reason_and_counts_once(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    post = await posted(kuotu, ann)
    card = await taps(bob, await card_at(bob, post.id), "⋯", "Report")
    assert {"Sexual", "Violent", "Something else"} <= set(card.labels)
    assert await bob.tap(card, "Sexual") == "Thank you. A moderator will look at it."
    again = await taps(bob, await card_at(bob, post.id), "⋯", "Report")
    assert await bob.tap(again, "Violent") == "You have reported this already."
    assert await status(kuotu, post) is PostStatus.LIVE
    await bob.wait_for(lambda m: m.id == again.id and "⋯" in m.labels)
    await kuotu.services.store.delete_expansion(post.expansion_id)


async def test_enough_reports_take_it_down_and_a_moderator_keeps_it(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann, bob, cat = [await newcomer(name) for name in ("Ann", "Bob", "Cat")]
    post = await posted(kuotu, ann)
    seen = await card_at(ann, post.id)
    for person in (bob, cat):
        await reported(person, post)
    assert await status(kuotu, post) is PostStatus.REPORTED
    for person in (cat, ann):
        await person.say(f"/start p{post.id}")
        await person.wait_for(lambda m: m.text == GONE)
    await ann.wait_gone(seen)
    shown = await case(admin)
    assert "🚩 2 × Violent" in shown.text
    assert str(ann.user) in shown.text
    assert "Nothing waits" in (await judged(admin, "Keep")).text
    assert await status(kuotu, post) is PostStatus.LIVE
    assert await acts(kuotu, f"post {post.id}") == [(None, Act.WITHHOLD), (ADMIN, Act.KEEP)]


async def test_a_report_from_the_web_page_reaches_moderators_too(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann = await newcomer("Ann")
    post = await posted(kuotu, ann)
    await admin.say("/help")
    mark = admin.now
    async with ClientSession() as browser:
        address = f"{kuotu.address}post/{post.id}/report"
        async with browser.post(address, data={"reason": "hateful"}) as answer:
            assert answer.status == 200
    told = await admin.wait_for(lambda m: "🚩 1 × Hateful" in m.text, after=mark)
    assert "One of these came from the web page, by somebody unknown." in told.text
    await admin.tap(told, "Keep")
    await admin.wait_for(lambda m: m.id == told.id and "Nothing waits" in m.text)
    assert await kuotu.services.moderation.case() is None


async def test_moderators_are_told_once_and_judge_from_that_message(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann, bob, cat = [await newcomer(name) for name in ("Ann", "Bob", "Cat")]
    post = await posted(kuotu, ann)
    await admin.say("/help")
    mark = admin.now
    await reported(bob, post)
    told = await admin.wait_for(lambda m: "🚩 1 × Violent" in m.text, after=mark)
    await reported(cat, post, "Sexual")
    again = await admin.wait_for(lambda m: m.id == told.id and "🚩 1 × Sexual" in m.text)
    assert "Out of the gallery until you decide" in again.text
    asked = await taps(admin, again, "Ban the author")
    assert asked.labels == ["Yes: ⛔ Ban the author", "No, go back"]
    back = await taps(admin, asked, "No, go back")
    assert "Keep" in str(back.labels)
    assert await status(kuotu, post) is PostStatus.REPORTED
    assert await kuotu.services.moderation.bans() == []
    await admin.tap(await taps(admin, back, "Take out"), "Yes: ")
    await admin.wait_for(lambda m: m.id == told.id and "Nothing waits" in m.text)
    assert await status(kuotu, post) is PostStatus.WITHHELD


async def test_a_moderator_takes_out_for_good(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    result, post = await post_by(kuotu, ann)
    await reported(bob, post)
    await judged(admin, "Take out")
    await ann.wait_for(lambda m: "A moderator has taken one of your pictures out" in m.text)
    assert await ann.tap(result, f"pu|{post.expansion_id}") == "A moderator has taken this out of the gallery."
    assert await status(kuotu, post) is PostStatus.WITHHELD


async def test_a_moderator_deletes_everywhere(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    result, post = await post_by(kuotu, ann)
    card = await reported(bob, post)
    after = await judged(admin, "Delete")
    assert "Nothing waits" in after.text
    await ann.wait_for(lambda m: "A moderator has deleted" in m.text)
    assert await kuotu.services.store.expansion(post.expansion_id) is None
    await ann.wait_gone(result)
    await bob.wait_gone(card)
    assert await acts(kuotu, f"post {post.id}") == [(ADMIN, Act.DELETE)]


async def test_a_banned_author_is_served_no_more_but_may_leave(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    first, second = await posted(kuotu, ann), await posted(kuotu, ann)
    await reported(bob, first)
    await judged(admin, "Ban the author")
    assert [await status(kuotu, post) for post in (first, second)] == [PostStatus.WITHHELD] * 2
    sorry = "A moderator has blocked you here."
    assert (await answer_to(ann, "/gallery")).text.startswith(sorry)
    assert (await forge(ann, "sy|wild") or "").startswith(sorry)
    await admin.say(f"/unban {ann.user}")
    await admin.wait_for(lambda m: m.text == f"{ann.user} is served again.")
    await ann.say("/help")
    await ann.wait_for(lambda m: "How it works" in m.text)
    assert await acts(kuotu, f"person {ann.user}") == [(ADMIN, Act.BAN), (ADMIN, Act.UNBAN)]


async def test_a_banned_person_may_still_be_forgotten(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann = await newcomer("Ann")
    await ann.say("/help")
    await ann.wait_for(lambda m: "How it works" in m.text)
    await admin.say(f"/ban {ann.user}")
    await admin.wait_for(lambda m: m.text == f"{ann.user} is banned.")
    await ann.say("/forget")
    await ann.tap(await ann.wait_for(lambda m: "🗑 Yes, everything" in m.labels), "Yes, everything")
    await ann.wait_for(lambda m: "Everything about you is gone" in m.text)
    assert await kuotu.services.people.person(ann.user) is None
    assert await kuotu.services.moderation.banned(ann.user)


async def test_a_banned_group_hears_one_sentence_and_only_when_it_asks(
    kuotu: Kuotu, newcomer: Any, admin: Person
) -> None:
    ann, _bob = await group_of(newcomer, "Ann", "Bob")
    await admin.say(f"/ban {ann.chat}")
    await admin.wait_for(lambda m: m.text == f"{ann.chat} is banned.")
    await ann.say("hello")
    await ann.say("/gallery")
    await ann.wait_for(lambda m: m.text.startswith("A moderator has blocked"))
    assert sum(m.from_bot for m in ann.messages) == 2  # the greeting, and this sentence


async def test_moderating_is_for_moderators(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    post = await posted(kuotu, ann)
    await reported(bob, post)
    for command in ("/review", f"/ban {ann.user}", f"/unban {ann.user}"):
        mark = bob.now
        await bob.say(command)
        await bob.wait_for(lambda m: m.text == NOT_YOURS, after=mark)
    for judgement in ("keep", "hide", "delete", "ban"):
        assert await forge(bob, f"rj|{post.id}|{judgement}") == NOT_YOURS
    assert await status(kuotu, post) is PostStatus.LIVE
    assert (await answer_to(admin, f"/ban {ADMIN}")).text == "That is a moderator."
    await kuotu.services.store.delete_expansion(post.expansion_id)


async def test_cases_are_paged_and_judged_once(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    posts = [await posted(kuotu, ann) for _ in range(2)]
    for post in posts:
        await reported(bob, post)
        await admin.wait_for(lambda m, number=post.id: f"rj|{number}|keep" in str(m.raw))  # the moderator is told
    first, open_too = await case(admin), await case(admin)
    assert "2 to review" in first.text
    second = await taps(admin, first, "▶")
    assert str(open_too.button("Keep").data) != str(second.button("Keep").data)
    assert str(open_too.button("Keep").data) == str((await taps(admin, first, "▶")).button("Keep").data)
    await admin.tap(first.id, "Keep")
    assert await admin.tap(open_too, "Keep") == "Another moderator got there first."
    await kuotu.services.store.delete_expansion(posts[1].expansion_id)
    assert await kuotu.services.moderation.case() is None


async def test_a_title_with_a_forbidden_word_is_not_hung(kuotu: Kuotu, chat: Person) -> None:
    post = await posted(kuotu, chat)
    for title in FORBIDDEN:
        said = await chat.say(title)
        await chat.wait_for(lambda m, said=said: m.id > said.id and "I can't put that title in the gallery" in m.text)
        there = await kuotu.services.gallery.post(post.id)
        assert there is not None
        assert there.title == ""
    await chat.say("rutabagas of the world")
    await chat.wait_for(lambda m: "“rutabagas of the world”" in m.text)


async def test_forged_reports_and_judgements_change_nothing(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    result = await result_in(ann)
    stale = "This button is out of date; the newest one works."
    for data in ("gw|1|1|boring", "gw|1", "rj|1|praise", "gd|1|1|year", "gx|x", "op||", "gf|1|1|1"):
        assert await forge(bob, data) == stale
    for data in ("gw|999999|1|sexual", "gh|999999|1", "gm|999999|1", "gf|999999|1"):
        assert await forge(bob, data) == "That is not there any more."
    assert await forge(bob, "gx|999999") == GONE
    assert await kuotu.services.gallery.post_of(expansion_of(result)) is None


async def test_moderators_read_what_was_done_and_by_whom(kuotu: Kuotu, newcomer: Any, admin: Person) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    for command in (f"/ban {ann.user}", f"/unban {ann.user}", f"/audit person {ann.user}", "/audit"):
        answer = await answer_to(admin, command)
        if command.startswith("/audit"):
            told = [line[12:] for line in answer.text.splitlines()]
            assert told[-2:] == [f"{ADMIN} banned person {ann.user}", f"{ADMIN} unbanned person {ann.user}"]
    assert (await answer_to(admin, "/audit post 999999")).text == "Nothing yet."
    await bob.say("/audit")
    assert await bob.wait_for(lambda m: m.text == NOT_YOURS)
