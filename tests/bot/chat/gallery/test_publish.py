"""Publishing: consent is asked once, a title comes from text, a reply or a button, and a post can be taken back."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.chat.buttons.publish import SuggestedTitle
from bot.chat.texts import LANGUAGES, texts
from bot.chat.titles import KINDS, LONGEST, ROOM, About, all_titles, clean_title, suggested, suggestions
from bot.playground import Message, Person
from storage.models import Post, PostStatus
from tests.support.messages import is_panel, is_result
from tests.support.photos import small_photo
from tests.support.rows import withhold
from tests.support.scenes import expansion_of, forge, group_of, now, published, result_in

NOT_YOURS = "This is somebody else's."


@pytest.mark.parametrize(
    ("words", "title"),
    [
        pytest.param("  The  end \n of it ", "The end of it", id="one-line"),
        pytest.param("《牵住她的脚》", "牵住她的脚", id="brackets"),
        pytest.param("“What?”", "What?", id="quotes"),
        pytest.param("safe\u202egnp.exe", "safegnp.exe", id="bidi-override"),
        pytest.param("\u2067a\u2069\u200bb\ufeffc\u00ad", "abc", id="invisible"),
        pytest.param("a\x00b\x1b[31m\tc\u2028d", "a b [31m c d", id="controls"),
        pytest.param("👨‍👩‍👧 and 🏳️‍🌈", "👨‍👩‍👧 and 🏳️‍🌈", id="emoji-sequences"),
        pytest.param("e\u0301te\u0301", "été", id="composed"),
        pytest.param("x" * 10_000, "x" * LONGEST, id="endless"),
        pytest.param("x" * (LONGEST - 1) + "👨‍👩", "x" * (LONGEST - 1) + "👨", id="cut-between-joined"),
        pytest.param("\u202e\u200b \n", "", id="nothing-to-read"),
    ],
)
def test_a_title_is_one_clean_line(words: str, title: str) -> None:
    assert clean_title(words) == title


@pytest.mark.parametrize("language", LANGUAGES)
def test_suggested_titles_are_titles(language: str) -> None:
    say = texts(language)
    assert len(set(all_titles(say))) == len(all_titles(say)) >= 12
    assert [clean_title(title) for title in all_titles(say)] == all_titles(say)
    offered = [suggestions(say, expansion) for expansion in range(50)]
    assert all(len(set(three.values())) == 3 for three in offered)
    assert len({tuple(three) for three in offered}) > 25
    assert offered[7] == suggestions(say, 7)
    assert SuggestedTitle(10**15, language, max(max(three) for three in offered)).pack()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", ["faithful", "playful", "wild"])
def test_suggested_titles_fit_the_picture(language: str, style: str) -> None:
    say = texts(language)
    plain, deep = About(style), About(style, deep=True, drawn="a duck")
    titles = {title for number in range(300) for title in suggestions(say, number, plain).values()}
    assert len(titles) > 30
    for number in range(50):
        kinds = [KINDS[line // ROOM] for line in suggestions(say, number, plain)]
        assert kinds == ["any", style, style]
        three = suggestions(say, number, deep)
        assert [KINDS[line // ROOM] for line in three] == ["any", "drawn", style]
        assert any("a duck" in title for title in three.values())
        assert {line: suggested(say, line, "a duck") for line in three} == three


def test_numbers_of_suggestions_that_buttons_carry_stay_as_they_are() -> None:
    say = texts("en")
    assert (suggested(say, 0), suggested(say, 19)) == ("Nobody asked for the rest", "And then it got worse")
    assert [suggested(say, number) for number in (-1, 99, 100 * len(KINDS))] == [None] * 3


async def post_of(kuotu: Kuotu, result: Message) -> Post | None:
    return await kuotu.services.gallery.post_of(expansion_of(result))


async def titled(chat: Person, title: str) -> Message:
    """Return the answer that confirms a published title."""
    return await chat.wait_for(lambda m: m.text == f"📣 “{title}”\nIt's in the gallery!")


async def test_nothing_is_public_before_its_author_agreed(kuotu: Kuotu, chat: Person) -> None:
    result = await result_in(chat)
    await chat.tap(result, "Publish")
    asked = await chat.wait_for(lambda m: "Not now" in m.labels)
    assert "your name (Ann)" in asked.text
    await chat.tap(asked, "Not now")
    await chat.wait_for(lambda m: m.text == "All right, it stays between us.")
    assert await post_of(kuotu, result) is None


async def test_consent_is_asked_once_and_words_become_the_title(kuotu: Kuotu, chat: Person) -> None:
    result, _question = await published(chat)
    await chat.say("“ My <b>cat</b> \u202e& I ”")
    await chat.wait_for(lambda m: m.text == "📣 “My <b>cat</b> & I”\nIt's in the gallery!")
    await chat.wait_for(lambda m: m.id == result.id and m.text.startswith("“My <b>cat</b> & I”"))
    await chat.wait_for(lambda m: m.id == result.id and "In the gallery" in m.text and "↗ Share" in m.labels)
    post = await post_of(kuotu, result)
    assert post is not None
    assert (post.title, post.status) == ("My <b>cat</b> & I", PostStatus.LIVE)
    assert 0 < post.prior == post.expansion.surprise < 1
    second = await result_in(chat)
    await chat.tap(second, "Publish")
    await chat.wait_for(lambda m: "No title" in m.labels)
    assert not any("Not now" in m.labels for m in chat.messages)


async def test_words_that_nobody_asked_for_are_no_title(kuotu: Kuotu, chat: Person) -> None:
    result, question = await published(chat)
    await chat.say("First title")
    await titled(chat, "First title")
    await chat.wait_gone(question)
    await chat.say("What do you do?")
    await chat.wait_for(lambda m: m.text.startswith("Send me a photo"))
    post = await post_of(kuotu, result)
    assert post is not None
    assert post.title == "First title"


async def test_a_title_by_button_then_another_then_none(kuotu: Kuotu, chat: Person) -> None:
    result, question = await published(chat)
    offered = [label for label in question.labels if label.startswith("“")]
    assert len(offered) == 3
    await chat.tap(question, offered[1])
    done = await titled(chat, offered[1].strip("“”"))
    await chat.tap(done, "Rename")
    again = await chat.wait_for(lambda m: "No title" in m.labels)
    assert [label for label in again.labels if label.startswith("“")] == offered
    await chat.tap(again, "No title")
    await chat.wait_for(lambda m: "without a title" in m.text)
    await chat.wait_for(lambda m: m.id == result.id and "“" not in m.text)
    post = await post_of(kuotu, result)
    assert post is not None
    assert (post.title, post.status) == ("", PostStatus.LIVE)


@pytest.mark.parametrize(
    ("language", "publish", "agree", "none", "see", "share"),
    [
        pytest.param("en", "Publish", "Publish", "No title", "👀 See it", "↗ Share", id="en"),
        pytest.param("zh", "发布", "📣 发布", "不要标题", "👀 看看", "↗ 分享", id="zh"),
    ],
)
async def test_what_was_published_can_be_seen_and_sent_to_a_chat(
    kuotu: Kuotu, newcomer: Any, language: str, publish: str, agree: str, none: str, see: str, share: str
) -> None:
    ann = await newcomer("Ann", language=language)
    await ann.send_document(small_photo(longest=48))
    await ann.tap(await ann.wait_for(lambda m: any("✨" in label for label in m.labels)), "✨")
    result = await ann.wait_for(lambda m: any(str(b.data).startswith("zo|") for b in m.buttons))
    await ann.tap(result, publish)
    consent = await ann.wait_for(lambda m: len(m.labels) == 2)
    await ann.tap(consent, agree)
    question = await ann.wait_for(lambda m: none in m.labels)
    post = await post_of(kuotu, result)
    assert post is not None
    sent = {"query": f"p{post.id}", "allow_user_chats": True, "allow_group_chats": True, "allow_channel_chats": True}
    mark = ann.now
    await ann.tap(question, none)
    done = await ann.wait_for(lambda m: m.id == question.id, after=mark)
    for shown in (question, done):
        keys = {key["text"]: key for row in shown.raw["reply_markup"]["inline_keyboard"] for key in row}
        assert keys[share]["switch_inline_query_chosen_chat"] == sent
    assert [one["id"] for one in (await ann.inline(sent["query"]))["results"]] == [str(post.id)]
    await ann.tap(done, see)
    await ann.wait_for(lambda m: "⋯" in m.labels and m.id > done.id)


async def test_a_picture_under_a_spoiler_is_shared_as_a_link(kuotu: Kuotu, chat: Person) -> None:
    await chat.send_photo(small_photo(longest=48), spoiler=True)
    await chat.tap(await chat.wait_for(is_panel), "Expand")
    result = await chat.wait_for(is_result)
    await chat.tap(result, "Publish")
    await chat.tap(await chat.wait_for(lambda m: "Not now" in m.labels), "Publish")
    question = await chat.wait_for(lambda m: "No title" in m.labels)
    assert str(question.button("Share").url).startswith("https://t.me/share/url?")


async def test_nothing_to_read_is_asked_for_again(chat: Person) -> None:
    await published(chat)
    await chat.say("\u200b\u202e.\u200b".replace(".", "\u2060"))
    await chat.wait_for(lambda m: "find any text in that" in m.text)
    await chat.say("Words")
    await titled(chat, "Words")


async def test_taken_back_and_published_again(kuotu: Kuotu, chat: Person) -> None:
    result, question = await published(chat)
    await chat.say("Mine")
    done = await titled(chat, "Mine")
    await chat.tap(done, "Take it back")
    out = await chat.wait_for(lambda m: m.text.startswith("It is out of the gallery"))
    await chat.wait_for(lambda m: m.id == result.id and "📣 Publish" in m.labels)
    assert await chat.tap(await _again(chat, done.id), "Publish") is None
    await chat.wait_for(lambda m: m.id == out.id and "“Mine”" in m.text)
    post = await post_of(kuotu, result)
    assert post is not None
    assert (post.title, post.status) == ("Mine", PostStatus.LIVE)
    await chat.wait_gone(question)


async def _again(chat: Person, message_id: int) -> Message:
    return await chat.wait_for(lambda m: m.id == message_id and "📣 Publish" in m.labels)


async def test_in_a_group_only_the_author_titles(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    result, question = await published(ann)
    assert await bob.tap(question.id, "No title") == NOT_YOURS
    assert await bob.tap(result.id, f"pu|{expansion_of(result)}") == NOT_YOURS
    await bob.say("Bob was here", reply_to=question.id)
    await ann.tap(now(ann, question), "My own")
    forced = await ann.wait_for(lambda m: "force_reply" in m)
    await bob.say("Bob again", reply_to=forced.id)
    await ann.say("No answer to anything")
    await ann.say("Ann's own", reply_to=forced)
    await titled(ann, "Ann's own")
    await ann.wait_gone(question)
    post = await post_of(kuotu, result)
    assert post is not None
    assert post.title == "Ann's own"
    assert "Send me a photo" not in str([m.text for m in ann.messages])


async def test_forged_and_stale_buttons_change_nothing(kuotu: Kuotu, chat: Person, newcomer: Any) -> None:
    result, question = await published(chat)
    number, bob = expansion_of(result), await newcomer("Bob")
    for data in (f"pu|{number}", f"py|{number}", f"ti|{number}|en|0", f"to|{number}", f"t0|{number}", f"up|{number}"):
        assert await forge(bob, data) == NOT_YOURS
    assert await forge(chat, f"ti|{number}|en|999") == "This button is out of date; the newest one works."
    assert await forge(chat, f"ti|{number}|../en|0") == "This button is out of date; the newest one works."
    first = next(button for button in question.buttons if button.label.startswith("“"))
    await chat.tap(question, "Take it back")
    await chat.wait_for(lambda m: m.text.startswith("It is out of the gallery"))
    assert await forge(chat, str(first.data)) == "It is not in the gallery any more."
    assert await forge(chat, f"up|{number}") == "It is not in the gallery any more."
    post = await post_of(kuotu, result)
    assert post is not None
    assert (post.title, post.status) == ("", PostStatus.HIDDEN)
    person = await kuotu.services.people.person(bob.user)
    assert person is not None
    assert person.consented_at is None


async def test_what_a_moderator_withheld_stays_out(kuotu: Kuotu, chat: Person) -> None:
    result, question = await published(chat)
    post = await post_of(kuotu, result)
    assert post is not None
    await withhold(kuotu.services.moderation, post.id, chat.user)
    assert await chat.tap(result, f"pu|{expansion_of(result)}") == "A moderator has taken this out of the gallery."
    assert await chat.tap(question, "No title") == "It is not in the gallery any more."
