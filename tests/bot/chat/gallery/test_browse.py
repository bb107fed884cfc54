"""/gallery is one message whose pages are turned by edits. Impressions count for the person who saw the page."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.database import transactions
from storage.models import Expansion, Photo, Post, Status
from tests.support.limits import HANG
from tests.support.scenes import forge, group_of, now, published

TURNED = "You've already moved on from this page."
EVERYTHING = "You have seen everything! From the start."


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """The usual settings, with a gallery that no other module uses."""
    return {}


@pytest.fixture
async def database(database: AsyncEngine) -> AsyncEngine:
    """The database without posts."""
    async with transactions(database).write() as session:
        await session.execute(delete(Post))
    return database


@pytest.fixture
def hang(kuotu: Kuotu, database: AsyncEngine) -> Any:
    """`await hang("Boat")` publishes a post with a new picture that Telegram has not seen. The newest comes last."""

    async def hang(title: str, author: int = 1, name: str = "Nobody") -> Post:
        file = BytesIO()
        Image.new("RGB", (90, 60), f"#{abs(hash(title)) % 0xFFFFFF:06x}").save(file, "JPEG")
        blob = await kuotu.services.blobs.put(file.getvalue(), ".jpg")
        await kuotu.services.people.see(author, name)
        photo = Photo(person_id=author, blob=blob, thumb=blob, width=60, height=60)
        asked = {"direction": "right", "scale": 1.5, "style": "wild", "seed": 7, "key": f"hung:{title}:{author}"}
        margins = {"left": 0, "top": 0, "right": 30, "bottom": 0}
        async with transactions(database).write() as session:
            session.add(photo)
            await session.flush()
            row = Expansion(person_id=author, chat_id=author, source_id=photo.id, preview=blob, **asked, **margins)
            row.status, row.result = Status.DONE, Photo(person_id=author, blob=blob, thumb=blob, width=90, height=60)
            session.add(row)
        post = await kuotu.services.gallery.publish(row.id, author, title, 0.5)
        assert post is not None
        return post

    return hang


def is_card(message: Message) -> bool:
    return "▶" in message.labels


def title(card: Message) -> str:
    return card.text.splitlines()[0].strip("“”")


async def opened(chat: Person) -> Message:
    mark = chat.now
    await chat.say("/gallery")
    return await chat.wait_for(is_card, after=mark)


async def turned(chat: Person, card: Message, label: str = "▶") -> Message:
    """Turn the page, and check that the new page is shown."""
    mark = chat.now
    await chat.tap(card, label)
    return await chat.wait_for(lambda m: m.id == card.id, after=mark)


async def impressions(kuotu: Kuotu, post: Post) -> int:
    there = await kuotu.services.gallery.post(post.id)
    assert there is not None
    return there.impressions


async def seen_by(kuotu: Kuotu, post: Post, people: int) -> None:
    """Wait until so many impressions are counted, which happens after the tap is answered."""
    async with asyncio.timeout(HANG):
        while True:
            if await impressions(kuotu, post) == people:
                return
            await asyncio.sleep(0.01)


async def test_an_empty_gallery_invites(chat: Person, database: AsyncEngine) -> None:
    await chat.say("/gallery")
    await chat.wait_for(lambda m: "yours is the first picture on the wall" in m.text)


async def test_a_published_result_hangs_there_with_title_author_and_votes(
    chat: Person, newcomer: Any, database: AsyncEngine
) -> None:
    result, _question = await published(chat)
    await chat.say("A <i>title</i>")
    await chat.wait_for(lambda m: "in the gallery!" in m.text and "<i>" in m.text)
    bob = await newcomer("Bob <b>& Co</b>")
    card = await opened(bob)
    assert card.text.splitlines()[:2] == ["“A <i>title</i>”", "by Ann"]
    assert "seen by 1 person" in card.text
    assert card.photo is not None
    assert card.photo["file_id"] == now(chat, result).photo["file_id"]  # type: ignore[index]
    await bob.tap(card, "🤯")
    await bob.wait_for(lambda m: m.id == card.id and "🤯 1" in m.labels)
    await chat.wait_for(lambda m: m.id == result.id and "🤯 1" in m.labels)


async def test_pages_turn_in_one_message_and_everything_is_seen_once(kuotu: Kuotu, chat: Person, hang: Any) -> None:
    posts = [await hang(name) for name in ("Ape", "Boat", "Cat")]
    card = await opened(chat)
    seen = [title(card)]
    for _ in range(2):
        card = await turned(chat, card)
        seen.append(title(card))
    assert sorted(seen) == ["Ape", "Boat", "Cat"]
    assert [await impressions(kuotu, post) for post in posts] == [1, 1, 1]
    back = await turned(chat, card, "◀")
    assert title(back) == seen[1]
    assert title(await turned(chat, back)) == seen[2]
    assert sum(is_card(m) for m in chat.messages) == 1
    answers = [await chat.tap(card, "▶") for _ in range(3)]
    assert EVERYTHING in answers
    assert [await impressions(kuotu, post) for post in posts] == [1, 1, 1]


async def test_each_picture_is_uploaded_once(kuotu: Kuotu, chat: Person, hang: Any) -> None:
    post = await hang("Once")
    card, again = await opened(chat), await opened(chat)
    expansion = await kuotu.services.store.expansion(post.expansion_id)
    assert expansion is not None
    assert card.photo is not None
    assert again.photo is not None
    assert again.id > card.id
    assert again.photo["file_id"] == card.photo["file_id"] == expansion.file_id


async def test_a_page_costs_one_edit_with_the_file_that_telegram_has(chat: Person, hang: Any) -> None:
    for name in ("Ant", "Bee", "Cow"):
        await hang(name)
    card, files, mark = await opened(chat), dict[str, str](), chat.now
    for label in ("▶", "▶", "◀", "◀", "▶"):
        card = await turned(chat, card, label)
        assert card.photo is not None
        assert files.setdefault(title(card), card.photo["file_id"]) == card.photo["file_id"]
    await turned(chat, card, "⋯")
    assert chat.now - mark == 6  # one change for each tap, and nothing else


async def test_a_file_that_telegram_lost_is_uploaded_anew(kuotu: Kuotu, chat: Person, hang: Any) -> None:
    post = await hang("Lost")
    await kuotu.services.store.remember_file(post.expansion_id, "AgACAgIAAxkBAAIlost")
    card = await opened(chat)
    await chat.tap(card, "▶")  # handled after it, because a person's updates are handled in order
    expansion = await kuotu.services.store.expansion(post.expansion_id)
    assert expansion is not None
    assert card.photo is not None
    assert expansion.file_id == card.photo["file_id"]


async def test_newest_first_and_from_the_start_again(chat: Person, hang: Any) -> None:
    for name in ("Old", "Middle", "New"):
        await hang(name)
    card = await opened(chat)
    order = []
    card = await turned(chat, await turned(chat, card, "Sort:"), "🕒")
    order.append(title(card))
    assert "Sort: 🕒 Newest ▾" in card.labels
    for _ in range(2):
        card = await turned(chat, card)
        order.append(title(card))
    assert order == ["New", "Middle", "Old"]
    assert await chat.tap(card, "▶") == EVERYTHING
    await chat.wait_for(lambda m: m.id == card.id and title(m) == "New")
    assert await chat.tap(await turned(chat, card, "Sort:"), "🕒") == "🕒 Newest"
    assert title(now(chat, card)) == "New"


async def test_two_taps_on_one_page_turn_it_once(kuotu: Kuotu, newcomer: Any, hang: Any) -> None:
    posts = [await hang(name) for name in ("One", "Two", "Three", "Four")]
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    card = await opened(ann)
    first = await ann.press(card, "▶")
    second = await bob.press(card.id, "▶")
    answers = [(await ann.answer_to(first))["text"], (await bob.answer_to(second))["text"]]
    assert sorted(answer or "" for answer in answers) == ["", TURNED]
    assert sum([await impressions(kuotu, post) for post in posts]) == 2


async def test_in_a_group_the_page_counts_for_who_turned_it(kuotu: Kuotu, newcomer: Any, hang: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    only = await hang("Only")
    card = await opened(ann)
    assert await impressions(kuotu, only) == 1
    await bob.tap(card.id, "▶")  # the same picture, and this time the impression is Bob's
    await seen_by(kuotu, only, 2)
    await bob.tap(card.id, f"fe|{only.expansion_id}|🤣")
    assert await impressions(kuotu, only) == 2


async def test_a_reaction_implies_an_impression(kuotu: Kuotu, newcomer: Any, hang: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    post = await hang("Seen")
    card = await opened(ann)
    await bob.tap(card.id, "🤣")
    assert await impressions(kuotu, post) == 2


async def test_native_reactions_count_for_the_page_that_is_shown(kuotu: Kuotu, chat: Person, hang: Any) -> None:
    await hang("First")
    await hang("Second")
    card = await opened(chat)
    card = await turned(chat, card)
    await chat.react(card, "😱")
    await chat.wait_for(lambda m: m.id == card.id and "😱 1" in m.labels)
    shown = int(str(card.button("😱").data).split("|")[1])
    assert sum((await kuotu.services.gallery.counts(shown)).values()) == 1
    card = await turned(chat, card)
    assert "😱" in card.labels
    await chat.react(card, "🤣")
    await chat.wait_for(lambda m: m.id == card.id and "🤣 1" in m.labels)
    assert sum((await kuotu.services.gallery.counts(shown)).values()) == 1


async def test_what_was_taken_away_is_turned_past(kuotu: Kuotu, chat: Person, hang: Any) -> None:
    await hang("Stays")
    gone = await hang("Goes")
    card = await opened(chat)
    if title(card) != "Goes":
        card = await turned(chat, card)
    await kuotu.services.store.delete_expansion(gone.expansion_id)
    assert await chat.tap(card, "🤣") == "That is not there any more."
    assert title(await turned(chat, card)) == "Stays"


async def test_pages_of_other_chats_cannot_be_turned(kuotu: Kuotu, chat: Person, newcomer: Any, hang: Any) -> None:
    post = await hang("Here")
    await hang("There")
    card, bob = await opened(chat), await newcomer("Bob")
    assert await forge(bob, str(card.button("▶").data)) == "That is not there any more."
    assert await forge(bob, f"gs|999999|{post.id}|newest") == "That is not there any more."
    assert await forge(bob, f"gs|1|{post.id}|funniest") == "This button is out of date; the newest one works."
    assert now(chat, card) == card


async def test_a_gallery_in_chinese(newcomer: Any, hang: Any) -> None:
    await hang("船", name="小明")
    card = await opened(await newcomer("Li", language="zh-hans"))
    assert card.text.splitlines()[:2] == ["《船》", "作者：小明"]
    assert "排序：🌡 最离谱 ▾" in card.labels
