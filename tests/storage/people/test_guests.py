"""Guests from a chat: who is offered to which expansion, and what goes when one is called back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.blobs import open_blobs
from storage.cleanup.shelf import Shelf
from storage.database import transactions
from storage.expansions import Store
from storage.gallery.posts import GalleryStore
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.invitations import came, invite
from storage.models import Appearance, Base, ChatGuest, Expansion, Message, MessageKind, Post, Status
from storage.people.guests import Guests
from storage.people.messages import Messages
from storage.people.people import People
from tests.support.limits import HANG
from tests.support.rows import ANN, BOB, CAT, add_people, expansion, make, noted, photo, start

GROUP, ELSEWHERE, SUPERGROUP = -500, -600, -1_001_234_567_890


@pytest.fixture
def residents() -> list[int]:
    return []


@pytest.fixture
def guests(engine: AsyncEngine) -> Guests:
    return Guests(engine)


async def rows(engine: AsyncEngine, table: type[Base]) -> list[Any]:
    async with transactions(engine).read() as session:
        return list(await session.scalars(select(table)))


async def post_of(engine: AsyncEngine, store: Store, queue: EmbeddedQueue, person_id: int = ANN) -> Post:
    source = await store.photos.add(photo(person_id, chat_id=person_id, message_id=5))
    made = await make(store, queue, source)
    post = await GalleryStore(engine).publish(made.id, person_id, "", 0.5)
    assert post is not None
    return post


async def let_walk(engine: AsyncEngine, guests: Guests, post: Post, chat_id: int = GROUP, file: bytes = b"cat") -> str:
    """Let the subject of a post walk into the pictures of a chat, and return the key of its blob."""
    kept = await Shelf(engine, open_blobs("memory://")).put((file, ".webp"))
    assert await guests.welcome(post.id, post.person_id, chat_id, kept)
    return kept.keys[0]


async def asked(store: Store, queue: EmbeddedQueue, person_id: int = BOB, **fields: Any) -> Expansion:
    """Return a finished wild expansion in the group."""
    source = await store.photos.add(photo(person_id))
    return await make(store, queue, source, chat_id=GROUP, style="wild", **fields)


async def test_a_guest_is_offered_in_its_chat_alone_and_by_the_seed(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    post, *others = [await post_of(engine, store, queue, who) for who in (ANN, BOB, CAT, ANN, BOB)]
    assert (await asked(store, queue)).guests is None
    key = await let_walk(engine, guests, post)
    source = await store.photos.add(photo(BOB))
    offered = {
        (chat, style): (await start(store, source, chat_id=chat, style=style)).guests
        for chat in (GROUP, ELSEWHERE)
        for style in ("faithful", "playful", "wild")
    }
    assert {case for case, those in offered.items() if those == [key]} == {(GROUP, "playful"), (GROUP, "wild")}
    for nth, other in enumerate(others):
        await let_walk(engine, guests, other, file=b"%d" % nth)
    one, same, other = [
        (await start(store, source, chat_id=GROUP, style="wild", seed=seed)).guests for seed in (7, 7, 8)
    ]
    assert one == same != other
    assert one is not None
    assert len(one) == 3


async def test_who_is_refused_or_hidden_walks_into_nothing_new(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    key = await let_walk(engine, guests, post)
    await guests.refuse(post.id, BOB)
    assert (await asked(store, queue)).guests == [key]
    await guests.refuse(post.id, ANN)
    assert (await asked(store, queue)).guests is None
    assert key not in await noted(engine)  # a picture that shows it may still be waiting to be painted
    await let_walk(engine, guests, post)
    await GalleryStore(engine).unpublish(post.id, ANN)
    assert (await asked(store, queue)).guests is None
    kept = await Shelf(engine, open_blobs("memory://")).put((b"x", ".webp"))
    assert not await guests.welcome(post.id, ANN, GROUP, kept)


async def test_a_refused_guest_that_no_picture_shows_is_deleted(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    key = await let_walk(engine, guests, post)
    await guests.refuse(post.id, ANN)
    assert await rows(engine, ChatGuest) == []
    assert key in await noted(engine)


async def test_only_those_who_came_are_held_and_named(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    posts = [await post_of(engine, store, queue, who) for who in (ANN, BOB)]
    keys = [await let_walk(engine, guests, post, file=b"%d" % post.id) for post in posts]
    made = await asked(store, queue, CAT)
    assert set(made.guests or ()) == set(keys)
    assert await guests.authors([made.id]) == ["person 1", "person 2"]
    async with transactions(engine).write() as session:
        await came(session, made.id, keys[:1])
    assert await guests.authors([made.id]) == ["person 1"]
    assert await guests.dismiss(posts[1].expansion_id) is not None
    assert await store.expansion(made.id) is not None


@pytest.mark.parametrize("how", ["taken back", "forgotten"])
async def test_what_shows_a_guest_goes_with_it(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests, how: str
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    before = await asked(store, queue)
    key = await let_walk(engine, guests, post)
    shows = await asked(store, queue)
    onward = await make(store, queue, shows.result or photo(), CAT)
    running = await start(store, await store.photos.add(photo(CAT)), chat_id=GROUP, style="wild")
    assert await queue.take("worker") is not None
    people = People(engine)
    if how == "taken back":
        planned = await guests.dismiss(post.expansion_id, rehearse=True)
        assert {row.guests is None for row in await rows(engine, Expansion)} == {True, False}
        gone = await guests.dismiss(post.expansion_id)
        assert await guests.dismiss(post.expansion_id) is None
    else:
        planned, gone = await people.forget(ANN, rehearse=True), await people.forget(ANN)
    assert planned is not None
    assert gone is not None
    assert planned.messages == gone.messages
    assert {who: [row.id for row in theirs] for who, theirs in gone.others.items()} == {
        BOB: [shows.id],
        CAT: [onward.id, running.id],
    }
    assert gone.running == [running.id]
    left = {row.id for row in await rows(engine, Expansion)}
    assert left == {before.id} | ({post.expansion_id} if how == "taken back" else set())
    assert {key, shows.preview, shows.result.blob if shows.result else ""} <= await noted(engine)
    assert await rows(engine, ChatGuest) == await rows(engine, Appearance) == []


async def test_a_guest_whose_post_is_gone_is_still_its_authors(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    key = await let_walk(engine, guests, post)
    shows = await asked(store, queue)
    await store.delete_expansion(post.expansion_id)
    assert [guest.post_id for guest in await rows(engine, ChatGuest)] == [None]
    assert (await asked(store, queue)).guests is None
    people = People(engine)
    assert key in await people.pictures(ANN)
    assert [row["blob"] for row in (await people.export(ANN))["chat_guests"]] == [key]
    await people.forget(ANN)
    assert await store.expansion(shows.id) is None


async def test_nobody_keeps_a_guest_whose_post_and_pictures_are_gone(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    key = await let_walk(engine, guests, post)
    shows = await asked(store, queue)
    await store.delete_expansion(post.expansion_id)
    await store.delete_expansion(shows.id)
    assert await rows(engine, ChatGuest) == []
    assert key in await noted(engine)


async def test_guests_follow_a_group_that_turned_supergroup(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    await let_walk(engine, guests, await post_of(engine, store, queue))
    await People(engine).migrate_chat(GROUP, SUPERGROUP)
    assert [guest.chat_id for guest in await rows(engine, ChatGuest)] == [SUPERGROUP]


async def test_the_sheets_of_mine_go_with_the_pictures_that_they_show(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    await let_walk(engine, guests, post)
    await asked(store, queue, BOB)
    for person_id in (BOB, CAT):  # Cat's sheet shows nothing of it
        sheet = Message(chat_id=person_id, message_id=77, kind=MessageKind.MINE, person_id=person_id)
        await Messages(engine).remember(sheet)
    dismissed = await guests.dismiss(post.expansion_id)
    assert dismissed is not None
    assert [message.chat_id for message in dismissed.messages if message.message_id == 77] == [BOB]


async def test_an_invitation_and_a_refusal_at_once_leave_a_record(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    await let_walk(engine, guests, post)
    source = await store.photos.add(photo(BOB))
    async with transactions(engine).write() as session:
        row = expansion(source, chat_id=GROUP, style="wild")
        session.add(row)
        await session.flush()
        await invite(session, [row])
        await session.flush()
        refusing = asyncio.create_task(guests.refuse(post.id, ANN))
        await somebody_waits(engine)
    await refusing
    (appearance,) = await rows(engine, Appearance)
    assert appearance.expansion_id == row.id


async def somebody_waits(engine: AsyncEngine) -> None:
    """Return when a transaction of PostgreSQL waits for another one. On SQLite a writer waits in its program."""
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(HANG):
        while engine.dialect.name == "postgresql":
            async with engine.connect() as connection:
                if await connection.scalar(waits):
                    return


@pytest.mark.parametrize("end", ["failed", "cancelled"])
async def test_nobody_has_walked_into_what_was_never_painted(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests, end: str
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    key = await let_walk(engine, guests, post)
    row = await start(store, await store.photos.add(photo(BOB)), chat_id=GROUP, style="wild")
    if end == "failed":
        job = await queue.take("worker")
        assert job is not None
        assert await queue.finish(job, Status.FAILED, error="no luck")
    else:
        assert await queue.cancel(row.id)
    assert await rows(engine, Appearance) == []
    await guests.refuse(post.id, ANN)
    assert await rows(engine, ChatGuest) == []
    assert key in await noted(engine)


async def test_a_refused_guest_goes_when_the_last_picture_is_done_without_it(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    key = await let_walk(engine, guests, post)
    made = await asked(store, queue)
    await guests.refuse(post.id, ANN)
    await guests.sweep()
    assert key not in await noted(engine)
    async with transactions(engine).write() as session:
        await came(session, made.id, [])
    await guests.sweep()
    assert await rows(engine, ChatGuest) == []
    assert key in await noted(engine)


async def test_a_guest_that_comes_back_keeps_the_cut_out_that_waiting_pictures_name(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, guests: Guests
) -> None:
    await add_people(engine)
    post = await post_of(engine, store, queue)
    key = await let_walk(engine, guests, post)
    waiting = await start(store, await store.photos.add(photo(BOB)), chat_id=GROUP, style="wild")
    await guests.refuse(post.id, ANN)
    other = await let_walk(engine, guests, post, file=b"another cut")
    assert waiting.guests == [key]
    assert key not in await noted(engine)
    assert other in await noted(engine)
