"""People and chats are stored, followed through migrations, and forgotten completely."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.blobs import open_blobs
from storage.cleanup.shelf import Shelf
from storage.database import transactions
from storage.expansions import Store
from storage.gallery.browsing import Galleries
from storage.gallery.posts import GalleryStore
from storage.gallery.ranking import surprise
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.queue import Beat
from storage.models import (
    Base,
    Chat,
    Expansion,
    Feeling,
    Gallery,
    Impression,
    Message,
    Panel,
    Person,
    Photo,
    Post,
    Reaction,
    Status,
)
from storage.people.messages import Messages
from storage.people.people import People
from tests.support.rows import ANN, BOB, CAT, add, add_people, expansion, make, noted, panel, photo, start

GROUP, SUPERGROUP = -500, -1_001_234_567_890
TO_DO = {"blob_notes", "spent_quota"}  # what is left of a forgotten person: files to delete, and a number


@pytest.fixture
def residents() -> Sequence[int]:
    return ()


@pytest.fixture
def people(engine: AsyncEngine) -> People:
    return People(engine)


async def rows(engine: AsyncEngine, table: type[Base]) -> list[Any]:
    async with transactions(engine).read() as session:
        return list(await session.scalars(select(table)))


async def sizes(engine: AsyncEngine) -> dict[str, int]:
    async with transactions(engine).read() as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name not in TO_DO]
        counts = {table.name: select(func.count()).select_from(table) for table in tables}
        return {name: await session.scalar(count) or 0 for name, count in counts.items()}


async def test_a_person_is_known_by_the_newest_name(people: People) -> None:
    await asyncio.gather(*(people.see(ANN, "Ann", "en") for _ in range(4)))
    await people.choose(ANN, language="zh", scale=2.0)
    renamed = await people.see(ANN, "安", "zh-hans")
    assert (renamed.name, renamed.language_code, renamed.language, renamed.scale) == ("安", "zh-hans", "zh", 2.0)
    assert await people.person(BOB) is None


async def test_consent_is_given_once(people: People) -> None:
    assert (await people.see(ANN, "Ann")).consented_at is None
    await people.consent(ANN)
    first = await people.see(ANN, "Ann")
    await people.consent(ANN)
    again = await people.person(ANN)
    assert again is not None
    assert again.consented_at == first.consented_at
    assert first.consented_at is not None
    assert first.consented_at.utcoffset() is not None


async def test_chats_have_settings_and_may_be_gone(people: People) -> None:
    for number, kind in [(ANN, "private"), (GROUP, "group"), (SUPERGROUP, "supergroup")]:
        await people.see_chat(number, kind, f"a {kind}")
    await people.choose_chat(GROUP, style="wild", language="zh")
    await people.chat_gone(SUPERGROUP)
    assert [(chat.id, chat.style) for chat in await people.groups()] == [(GROUP, "wild")]
    await people.chat_back(SUPERGROUP)
    renamed = await people.see_chat(SUPERGROUP, "supergroup", "another title")
    assert (renamed.gone_at, renamed.title) == (None, "another title")
    assert await people.chat(404) is None


@pytest.mark.parametrize("seen_before", [False, True], ids=["unknown", "known"])
async def test_a_group_that_turned_supergroup_is_followed(
    engine: AsyncEngine, people: People, store: Store, gallery: GalleryStore, seen_before: bool
) -> None:
    await add_people(engine)
    await people.see_chat(GROUP, "group", "Weekend")
    await people.choose_chat(GROUP, language="zh")
    if seen_before:
        await people.see_chat(SUPERGROUP, "supergroup", "Weekend")
        await people.choose_chat(SUPERGROUP, style="wild")
    source = await store.photos.add(photo(chat_id=GROUP, message_id=5))
    opened = await store.panels.open(panel(source, chat_id=GROUP, message_id=6))
    await start(store, source, chat_id=GROUP)
    galleries = Galleries(engine)
    shown = await galleries.open(BOB, GROUP)
    await galleries.place(shown.id, 7)
    await Messages(engine).remember(Message(chat_id=GROUP, message_id=7, kind="gallery"))
    for _ in range(2):
        await people.migrate_chat(GROUP, SUPERGROUP)
    moved = [await rows(engine, table) for table in (Photo, Panel, Gallery)]
    assert [[(row.chat_id, row.message_id) for row in table] for table in moved] == [[(SUPERGROUP, None)]] * 3
    assert [(row.chat_id, row.message_id) for row in await rows(engine, Expansion)] == [(SUPERGROUP, 100)]
    assert await rows(engine, Message) == []
    chats = [(chat.id, chat.kind, chat.language, chat.style) for chat in await rows(engine, Chat)]
    assert chats == [(SUPERGROUP, "supergroup", "zh", "wild" if seen_before else None)]
    newcomer = await store.photos.add(photo(chat_id=SUPERGROUP, message_id=5))
    assert newcomer.id != source.id
    assert await store.panels.panel(opened.id) is not None


async def test_forgetting_someone_unknown_forgets_nothing(engine: AsyncEngine, people: People) -> None:
    await add_people(engine)
    before = await sizes(engine)
    forgotten = await people.forget(404)
    assert (forgotten.messages, forgotten.running, forgotten.others) == ([], [], {})
    assert await noted(engine) == set()
    assert await sizes(engine) == before


async def test_a_rehearsal_tells_what_there_is_to_do_and_changes_nothing(
    engine: AsyncEngine, people: People, store: Store, queue: EmbeddedQueue
) -> None:
    await add_people(engine, ANN, BOB)
    await people.see_chat(ANN, "private")
    source = await store.photos.add(photo(chat_id=ANN, message_id=5))
    await make(store, queue, source)
    by_bob = await make(store, queue, source, BOB)
    await Messages(engine).remember(Message(chat_id=ANN, message_id=9, kind="title", person_id=ANN))
    before = await sizes(engine)
    planned = await people.forget(ANN, rehearse=True)
    assert (await sizes(engine), await noted(engine)) == (before, set())
    forgotten = await people.forget(ANN)
    assert planned.messages == forgotten.messages
    assert [row.id for row in planned.others[BOB]] == [row.id for row in forgotten.others[BOB]] == [by_bob.id]
    left = {name: rows for name, rows in (await sizes(engine)).items() if rows}
    assert left == {"people": 1}


async def test_a_person_alone_leaves_nothing_behind(
    engine: AsyncEngine, people: People, store: Store, gallery: GalleryStore, queue: EmbeddedQueue
) -> None:
    await add_people(engine, ANN)
    source = await store.photos.add(photo(chat_id=ANN, message_id=5))
    await store.panels.open(panel(source, message_id=6))
    made = await make(store, queue, source)
    assert made.result is not None
    await gallery.publish(made.id, ANN, "mine", 0.5)
    await gallery.react(made.id, ANN, Feeling.LOVING)
    galleries = Galleries(engine)
    opened = await galleries.open(ANN, ANN)
    await galleries.place(opened.id, 8)
    await galleries.next(opened.id, ANN)
    await Messages(engine).remember(Message(chat_id=ANN, message_id=9, kind="title", person_id=ANN))
    running = await start(store, source)
    taken = await queue.take("worker")
    assert taken is not None
    forgotten = await people.forget(ANN)
    pictures = {source.blob, source.thumb, made.preview, made.result.blob, made.result.thumb}
    assert await noted(engine) == pictures
    assert [(sent.chat_id, sent.message_id) for sent in forgotten.messages] == [(ANN, n) for n in (6, 100, 8, 9)]
    assert (forgotten.running, forgotten.others) == ([running.id], {})
    assert await sizes(engine) == dict.fromkeys(await sizes(engine), 0)
    assert await queue.beat(taken) is Beat.LOST
    assert not await queue.finish(taken, Status.DONE)
    assert await sizes(engine) == dict.fromkeys(await sizes(engine), 0)


async def test_what_others_made_of_ones_pictures_goes_and_the_rest_stays(
    engine: AsyncEngine, people: People, store: Store, gallery: GalleryStore, queue: EmbeddedQueue
) -> None:
    """The chains are, from photo to newest:

    - Ann's photo, Ann's root, Bob's fork, Cat's fork
    - Bob's photo, Bob's own (only this one stays), Ann's fork, Cat's fork
    """
    await add_people(engine)
    anns, bobs = [await store.photos.add(photo(who, chat_id=who, message_id=5)) for who in (ANN, BOB)]
    root = await make(store, queue, anns)
    by_bob = await make(store, queue, root.result or anns, BOB)
    by_cat = await make(store, queue, by_bob.result or anns, CAT)
    own = await make(store, queue, bobs)
    by_ann = await make(store, queue, own.result or bobs, ANN)
    grandchild = await make(store, queue, by_ann.result or bobs, CAT)
    in_group = await make(store, queue, anns, BOB, chat_id=GROUP)
    posts = {row.id: await gallery.publish(row.id, row.person_id, "", 0.5) for row in (own, by_cat, grandchild)}
    for person, feeling in [(ANN, Feeling.LAUGHING), (CAT, Feeling.LAUGHING), (BOB, Feeling.YAWNING)]:
        await gallery.react(own.id, person, feeling)
        await gallery.react(by_cat.id, person, feeling)
    galleries = Galleries(engine)
    opened = await galleries.open(BOB, BOB, "newest")
    await galleries.place(opened.id, 300)
    await galleries.next(opened.id, BOB)
    await Messages(engine).remember(
        Message(chat_id=BOB, message_id=77, kind="result", person_id=BOB, expansion_id=by_bob.id)
    )
    forgotten = await people.forget(ANN)
    assert {author: [row.id for row in lost] for author, lost in forgotten.others.items()} == {
        BOB: [by_bob.id, in_group.id],
        CAT: [by_cat.id, grandchild.id],
    }
    assert {row.id for row in await rows(engine, Expansion)} == {own.id}
    assert {row.id for row in await rows(engine, Photo)} == {bobs.id, own.result_id}
    assert {row.id for row in await rows(engine, Person)} == {BOB, CAT}
    sent = {(message.chat_id, message.message_id) for message in forgotten.messages}
    assert sent == {(ANN, 100), (BOB, 77), (BOB, 100), (CAT, 100), (GROUP, 100), (BOB, 300)}
    gone = (root, by_bob, by_cat, by_ann, grandchild, in_group)
    masters = {key for row in gone if row.result for key in (row.result.blob, row.result.thumb, row.preview)}
    assert await noted(engine) == masters | {anns.blob, anns.thumb}
    left = await gallery.post_of(own.id)
    assert left is not None
    assert left.id == (posts[own.id] or left).id
    assert (left.impressions, left.laughing, left.yawning) == (1, 1, 0)  # Bob is its author
    assert left.surprise == pytest.approx(surprise(1, 0, 0, 1, 0.5))
    assert {row.person_id for row in await rows(engine, Reaction)} == {BOB, CAT}
    assert {row.person_id for row in await rows(engine, Impression)} == {BOB, CAT}
    assert len(await rows(engine, Post)) == 1


async def test_shared_blobs_of_others_stay(engine: AsyncEngine, people: People, store: Store) -> None:
    await add_people(engine)
    source = await store.photos.add(photo(ANN))
    await store.photos.add(photo(BOB, blob=source.blob))
    await people.forget(ANN)
    blobs = open_blobs("memory://")
    for key in (source.blob, source.thumb):
        await blobs.put_at(key, b"picture")
    assert await Shelf(engine, blobs).settle_lot() == 2
    assert await blobs.get(source.blob) == b"picture"
    with pytest.raises(FileNotFoundError):
        await blobs.get(source.thumb)


async def test_a_heap_of_pictures_is_forgotten_whole(engine: AsyncEngine, people: People, store: Store) -> None:
    await add_people(engine, ANN)
    source = await store.photos.add(photo(ANN))
    await add(engine, *(photo(ANN) for _ in range(1200)))
    await add(engine, *(expansion(source, status=Status.DONE, preview=f"p{n}") for n in range(1200)))
    await people.forget(ANN)
    assert len(await noted(engine)) == 1201 * 2 + 1200
    assert sum((await sizes(engine)).values()) == 0
