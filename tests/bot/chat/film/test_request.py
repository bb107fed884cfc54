"""🎬: one tap requests a film, its message shows the progress, and a film is made and uploaded only once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.models import Film, FilmKind, Status
from tests.support.messages import is_film, is_result
from tests.support.scenes import (
    card_at,
    doubled,
    expansion_of,
    forge,
    group_of,
    now,
    post_by,
    published,
    result_in,
    store_of,
    taps,
)

pytest.importorskip("av")


@pytest.fixture(scope="module")
def films() -> bool:
    return True


def is_waiting(message: Message) -> bool:
    return message.kind == "photo" and "🎬" in message.text


async def chain_in(chat: Person) -> Message:
    """Return a result with two steps."""
    first = await result_in(chat)
    await chat.tap(first, "Zoom out more")
    return await chat.wait_for(lambda m: is_result(m) and m.id > first.id)


async def delivered(kuotu: Kuotu, expansion_id: int, kind: FilmKind) -> Film:
    """Return the row when nobody waits for the film any more, which is shortly after the film is shown."""
    row = None
    while row is None or row.message_id is not None:
        row = await store_of(kuotu).film(expansion_id, kind)
    return row


def web_app(message: Message) -> str:
    """Return the address of the Mini App that a button opens."""
    keys = [key for row in message.raw["reply_markup"]["inline_keyboard"] for key in row]
    return str(next(key["web_app"]["url"] for key in keys if "web_app" in key))


async def test_a_chain_becomes_a_film_in_the_message_that_told_of_it(kuotu: Kuotu, chat: Person, newcomer: Any) -> None:
    result = await chain_in(chat)
    assert await chat.tap(result, "🎬") == "🎬 The film is coming…"
    film = await chat.wait_for(is_film)
    assert [m for m in chat.messages if m.id > result.id] == [film]
    assert not film.text
    data = await chat.download(film)
    assert data[4:8] == b"ftyp"
    assert len(data) < 1_000_000
    row = await delivered(kuotu, expansion_of(result), FilmKind.ZOOM)
    assert film.file is not None
    assert (row.status, row.person_id, row.file_id) == (Status.DONE, None, film.file["file_id"])
    bob = await newcomer("Bob")
    assert await forge(bob, f"mp|{expansion_of(result)}") == "This is somebody else's."


async def test_a_film_of_a_doubled_result_shows_the_same_steps(chat: Person) -> None:
    """Without what it doubled, its chain is not stored, and it has no film."""
    result = await result_in(chat)
    large = await doubled(chat, result)
    assert await chat.tap(large, "🎬") == "🎬 The film is coming…"
    await chat.wait_for(is_film)
    await taps(chat, result, "Delete")
    await chat.tap(now(chat, result), "Yes, delete")
    await chat.wait_gone(result)
    before = await taps(chat, large, "Before")
    assert "🎬 Film" not in (await taps(chat, before, "⋯")).labels


async def test_help_promises_films_where_they_are_made(chat: Person) -> None:
    await chat.say("/help")
    assert "film" in (await chat.wait_for(lambda m: "How it works" in m.text)).text


async def test_a_chain_has_a_loop_of_its_last_step_too(kuotu: Kuotu, chat: Person) -> None:
    single = await result_in(chat)
    assert "⇄ Loop" not in (await taps(chat, single, "⋯")).labels  # for one step, 🎬 makes the loop
    result = await chain_in(chat)
    assert "⇄ Loop" in (await taps(chat, result, "⋯")).labels
    await chat.tap(result, "⇄")
    loop = await chat.wait_for(is_film)
    assert len(await chat.download(loop)) < 1_000_000
    assert await store_of(kuotu).made(expansion_of(result)) == {FilmKind.LOOP}
    await chat.tap(single, "🎬")
    await chat.wait_for(lambda m: is_film(m) and m.id > loop.id)
    assert await store_of(kuotu).made(expansion_of(single)) == {FilmKind.LOOP}


async def test_a_double_tap_is_one_film_and_a_later_one_sends_it_again(kuotu: Kuotu, chat: Person) -> None:
    result = await result_in(chat)
    queries = [await chat.press(result, "🎬") for _ in range(3)]
    film = await chat.wait_for(is_film)
    answers = [(await chat.answer_to(query))["text"] for query in queries]
    assert answers[0] == "🎬 The film is coming…"
    assert all("being made already" in text or "there already" in text for text in answers[1:])
    assert [m for m in chat.messages if is_film(m)] == [film]
    await delivered(kuotu, expansion_of(result), FilmKind.LOOP)
    await kuotu.services.messages.forget(chat.chat, film.id)  # pretend that it was sent long ago
    assert await chat.tap(result, "🎬") is None
    again = await chat.wait_for(lambda m: is_film(m) and m.id > film.id)
    assert again.file is not None
    assert film.file is not None
    assert again.file["file_id"] == film.file["file_id"]


async def test_many_who_ask_at_once_are_all_served(newcomer: Any) -> None:
    people = [await newcomer(name) for name in ("Ann", "Bob", "Cat")]
    results = [await result_in(person) for person in people]
    queries = [await person.press(result, "🎬") for person, result in zip(people, results, strict=True)]
    said = [(await person.answer_to(query))["text"] for person, query in zip(people, queries, strict=True)]
    assert said == ["🎬 The film is coming…"] * 3
    films = [await person.wait_for(is_film) for person in people]
    assert len({film.file["file_id"] for film in films if film.file}) == 3


async def test_in_a_group_others_are_told_that_it_is_in_the_making(newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    result = await result_in(ann)
    first, second = await asyncio.gather(ann.press(result, "🎬"), bob.press(result, "🎬"))
    said = {(await ann.answer_to(first))["text"], (await bob.answer_to(second))["text"]}
    assert "🎬 The film is coming…" in said
    film = await bob.wait_for(is_film)
    assert [m for m in bob.messages if is_film(m) or is_waiting(m)] == [film]


async def test_one_film_at_a_time_for_each_person(kuotu: Kuotu, chat: Person) -> None:
    one, two = await result_in(chat), await result_in(chat)
    _asked, ours = await store_of(kuotu).claim(expansion_of(one), FilmKind.LOOP, chat.user, chat.chat, None)
    assert ours
    assert await chat.tap(two, "🎬") == "One film at a time, please: yours is in the making."
    assert await store_of(kuotu).film(expansion_of(two), FilmKind.LOOP) is None
    assert await chat.tap(one, "🎬") == "🎬 The film is coming…"  # the same tap, handled again after a crash
    await chat.wait_for(is_film)


async def test_what_is_published_gets_its_films_for_the_page(kuotu: Kuotu, chat: Person) -> None:
    result, _question = await published(chat)
    expansion = await kuotu.services.store.expansion(expansion_of(result))
    assert expansion is not None
    assert expansion.preview is not None
    await chat.tap(now(chat, result), "🎬")
    await chat.wait_for(is_film)
    await delivered(kuotu, expansion.id, FilmKind.LOOP)
    assert await store_of(kuotu).made(expansion.id) == {FilmKind.LOOP}
    movie = await kuotu.services.blobs.get(FilmKind.LOOP.movie(expansion.preview))
    assert movie[4:8] == b"ftyp"
    assert (await kuotu.services.blobs.get(FilmKind.LOOP.poster(expansion.preview)))[:2] == b"\xff\xd8"
    await chat.tap(now(chat, result), "Delete")
    await chat.tap(await chat.wait_for(lambda m: m.id == result.id and "🗑 Yes, delete" in m.labels), "Yes, delete")
    await chat.wait_gone(result)
    assert not [m for m in chat.messages if is_film(m)]
    for key in (FilmKind.LOOP.movie(expansion.preview), FilmKind.LOOP.poster(expansion.preview)):
        with pytest.raises(FileNotFoundError):
            await kuotu.services.blobs.get(key)


async def test_a_film_that_fails_says_so_and_can_be_asked_for_again(kuotu: Kuotu, chat: Person) -> None:
    result = await result_in(chat)
    expansion = await kuotu.services.store.expansion(expansion_of(result))
    assert expansion is not None
    assert expansion.result is not None
    master = await kuotu.services.blobs.get(expansion.result.blob)
    await kuotu.services.blobs.put_at(expansion.result.blob, b"no picture")
    await chat.tap(result, "🎬")
    sorry = await chat.wait_for(lambda m: "didn't work out" in m.text)
    await kuotu.services.blobs.put_at(expansion.result.blob, master)
    await chat.tap(sorry, "Try again")
    film = await chat.wait_for(is_film)
    assert (await chat.download(film))[4:8] == b"ftyp"


async def test_whoever_looks_at_a_post_gets_its_film_and_its_page(kuotu: Kuotu, chat: Person, newcomer: Any) -> None:
    """This ends when the author takes the post back."""
    result, post = await post_by(kuotu, chat)
    mei = await newcomer("小梅", language="zh-hans")
    card = await taps(mei, await card_at(mei, post.id), "⋯")
    assert web_app(card) == f"{kuotu.address}post/{post.id}"
    assert "#tgWebAppData=" in await mei.open_mini_app(web_app(card))
    await mei.tap(card, "🎬")
    film = await mei.wait_for(is_film)
    await delivered(kuotu, post.expansion_id, FilmKind.LOOP)
    await chat.tap(now(chat, result), "🎬")
    own = await chat.wait_for(is_film)
    assert await kuotu.services.gallery.unpublish(post.id, chat.user)
    assert await mei.tap(card, "🎬") == "这张图已经不在画廊里了。"
    assert await kuotu.services.gallery.publish(post.expansion_id, chat.user, "", 0.5)
    question = await chat.wait_for(lambda m: any("Take it back" in label for label in m.labels))
    await chat.tap(question, "Take it back")
    await mei.wait_gone(film)
    assert own in chat.messages
