"""Photos, panels and expansions: each cause creates a row once, even if it is repeated."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.cleanup.orphans import orphans
from storage.database import open_database, transactions
from storage.expansions import Store
from storage.gallery.browsing import Galleries
from storage.gallery.posts import GalleryStore
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.quota import QuotaSpent
from storage.jobs.submit import Started
from storage.models import Expansion, Feeling, Message, MessageKind, Photo, SpentQuota, Status, now
from storage.people.messages import Messages
from storage.people.people import People
from tests.support.databases import new_sqlite
from tests.support.rows import ANN, BOB, add, add_people, expansion, make, noted, panel, photo, queue_on, start


async def test_a_redelivered_photo_is_the_row_there_is(store: Store, source: Photo) -> None:
    again = await store.photos.add(photo(chat_id=ANN, message_id=5))
    assert (again.id, again.blob) == (source.id, source.blob)
    elsewhere = await store.photos.add(photo(chat_id=BOB, message_id=5))
    assert elsewhere.id != source.id


async def test_two_deliveries_at_once_keep_one_photo(store: Store) -> None:
    both = await asyncio.gather(*(store.photos.add(photo(chat_id=ANN, message_id=6)) for _ in range(8)))
    assert len({row.id for row in both}) == 1


async def test_an_album_comes_in_the_order_it_was_sent(store: Store) -> None:
    for message_id in (12, 10, 11):
        await store.photos.add(photo(chat_id=ANN, message_id=message_id, media_group="g"))
    await store.photos.add(photo(chat_id=BOB, message_id=10, media_group="g"))
    assert [p.message_id for p in await store.photos.album(ANN, "g")] == [10, 11, 12]


async def test_one_cause_opens_one_panel(store: Store, source: Photo) -> None:
    first, second = [
        await store.panels.open(panel(source, key="photo:1", style=style)) for style in ("wild", "playful")
    ]
    assert (first.id, second.style, second.photo.blob) == (second.id, "wild", source.blob)
    await store.panels.place(first.id, 77)
    placed = await store.panels.panel(first.id)
    assert placed is not None
    assert placed.message_id == 77


@pytest.mark.parametrize(
    ("taps", "scale", "ratio"),
    [
        ([{"scale": 2.0}], 2.0, None),
        ([{"ratio": "16:9"}], None, "16:9"),
        ([{"ratio": "16:9"}, {"scale": 1.25}], 1.25, None),
        ([{"scale": 2.0}, {"ratio": "1:1"}], None, "1:1"),
        ([{"ratio": "1:1"}, {"direction": "left"}], None, "1:1"),
        ([{"scale": 2.0, "ratio": None}], 2.0, None),
        ([{"scale": None, "ratio": "4:5"}], None, "4:5"),
        ([{}], 1.5, None),
    ],
    ids=["scale", "ratio", "ratio-scale", "scale-ratio", "other-keeps", "scale-none", "none-ratio", "nothing"],
)
async def test_scale_and_ratio_exclude_each_other(
    store: Store, source: Photo, taps: list[dict[str, object]], scale: float | None, ratio: str | None
) -> None:
    opened = await store.panels.open(panel(source))
    for choices in taps:
        changed = await store.panels.change(opened.id, **choices)
    assert (changed.scale, changed.ratio) == (scale, ratio)


async def test_a_panel_that_is_gone_cannot_change(store: Store) -> None:
    with pytest.raises(NoResultFound):
        await store.panels.change(404, style="wild")


async def test_a_double_tap_is_one_start(store: Store, source: Photo) -> None:
    opened = await store.panels.open(panel(source))
    taps = [[expansion(source, key=f"p{opened.id}:0", panel_id=opened.id)] for _ in range(6)]
    starts = await asyncio.gather(*(store.start(tap, panel=(opened.id, 0), quota=None) for tap in taps))
    assert sum(started is not None for started in starts) == 1
    raised = await store.panels.panel(opened.id)
    assert raised is not None
    assert raised.revision == 1
    again = await store.start([expansion(source)], panel=(opened.id, 1), quota=None)
    assert again is not None
    assert again[0].source.blob == source.blob


async def test_a_double_tap_on_a_sheet_is_one_start(store: Store, source: Photo) -> None:
    opened = await store.panels.open(panel(source))
    sheet = [expansion(source, key=f"p:0:{n}", batch="p:0", variant=n) for n in (1, 2, 3)]
    assert await store.start(sheet, panel=(opened.id, 0), quota=None) is not None
    assert await store.start([expansion(source, key="p:0")], panel=(opened.id, 0), quota=None) is None
    assert await store.start([expansion(source, key="q:0")], panel=(opened.id, 0), quota=None) is not None
    two = [expansion(source, key=f"q:0:{n}", batch="q:0", variant=n) for n in (1, 2)]
    assert await store.start(two, panel=(opened.id, 0), quota=None) is None


async def test_two_buttons_of_one_revision_are_two_starts(store: Store, queue: EmbeddedQueue, source: Photo) -> None:
    opened, parent = await store.panels.open(panel(source)), await make(store, queue, source)
    for button in ("expand", "roll"):
        here = {"panel": (opened.id, 0), "result": (parent.id, 0)}
        assert await store.start([expansion(source, key=button)], **here, quota=None) is not None
        assert await store.start([expansion(source, key=button)], **here, quota=None) is None
    raised, again = await store.panels.panel(opened.id), await store.expansion(parent.id)
    assert raised is not None
    assert again is not None
    assert (raised.revision, again.rerolls) == (1, 1)


async def test_the_same_key_starts_once_without_a_panel(store: Store, source: Photo) -> None:
    starts = await asyncio.gather(*(store.start([expansion(source, key="same")], quota=None) for _ in range(4)))
    assert sum(started is not None for started in starts) == 1


async def test_a_start_of_a_revision_that_never_was_changes_nothing(
    store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    opened, parent = await store.panels.open(panel(source)), await make(store, queue, source)
    assert await store.start([expansion(source)], panel=(opened.id, 0), result=(parent.id, 9), quota=None) is None
    same = await store.panels.panel(opened.id)
    assert same is not None
    assert same.revision == 0
    assert await store.live(ANN) == []


async def test_a_reroll_raises_the_results_revision(store: Store, queue: EmbeddedQueue, source: Photo) -> None:
    parent = await make(store, queue, source)
    four = [expansion(source, key=f"e:{n}", batch="e", variant=n) for n in (1, 2, 3, 4)]
    started = await store.start(four, result=(parent.id, 0), quota=None)
    assert started is not None
    assert [e.variant for e in started] == [1, 2, 3, 4]
    assert len({job.turn for job in await queue.jobs([e.id for e in started])}) == 1
    assert [e.id for e in await store.batch("e")] == [e.id for e in started]
    raised = await store.expansion(parent.id)
    assert raised is not None
    assert raised.rerolls == 1


async def test_a_start_is_taken_up_only_when_its_message_is_known(
    store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    started = await store.start([expansion(source)], quota=None)
    assert started is not None
    assert await queue.take("worker") is None
    await store.place([started[0].id], 9)
    assert [e.message_id for e in await store.live(ANN)] == [9]
    await queue.put([started[0].id])
    taken = await queue.take("worker")
    assert taken is not None
    assert taken.subject == started[0].id


async def aged(engine: AsyncEngine, source: Photo, status: Status, hours: float) -> None:
    await add(engine, expansion(source, status=status, created_at=now() - timedelta(hours=hours)))


async def test_the_quota_counts_a_day_of_what_was_not_lost(engine: AsyncEngine, store: Store, source: Photo) -> None:
    for status, hours in [("done", 23), ("waiting", 2), ("failed", 1), ("cancelled", 1), ("done", 25)]:
        await aged(engine, source, Status(status), hours)
    started = await store.start([expansion(source)], quota=3)
    assert started is not None
    assert started.left == 0
    with pytest.raises(QuotaSpent) as one:
        await store.start([expansion(source)], quota=3)
    assert (one.value.used, one.value.quota) == (3, 3)
    assert one.value.again_at - now() < timedelta(hours=1)
    with pytest.raises(QuotaSpent) as two:
        await store.start([expansion(source), expansion(source)], quota=3)
    assert timedelta(hours=21) < two.value.again_at - now() < timedelta(hours=22)


@pytest.mark.parametrize("how", ["deleted", "forgotten", "others-source"])
async def test_deleting_gives_nothing_of_the_quota_back(
    engine: AsyncEngine, store: Store, source: Photo, how: str
) -> None:
    anns = await store.photos.add(photo(ANN))
    for status, hours in [("done", 23.5), ("done", 1), ("done", 1), ("failed", 1), ("done", 25.5), ("done", 40)]:
        created = now() - timedelta(hours=hours)
        await add(engine, expansion(anns, BOB, status=Status(status), created_at=created))
    if how == "deleted":
        for number in range(1, 7):
            await store.delete_expansion(number)
    else:
        await People(engine).forget(BOB if how == "forgotten" else ANN)
    await People(engine).see(BOB, "Bob")
    fresh = await store.photos.add(photo(BOB))
    with pytest.raises(QuotaSpent) as refused:
        await store.start([expansion(fresh)], quota=3)
    assert refused.value.used == 3
    assert timedelta() < refused.value.again_at - now() < timedelta(hours=1.5)  # counted by the hour
    assert await store.start([expansion(fresh)], quota=4) is not None
    async with transactions(engine).read() as session:
        kept = list(await session.scalars(select(SpentQuota)))
    assert {(row.person_id, row.count) for row in kept} == {(BOB, 1), (BOB, 2)}


async def test_the_numbers_go_after_a_day(engine: AsyncEngine, store: Store) -> None:
    this_hour = int(now().timestamp()) // 3600
    await add(engine, *(SpentQuota(person_id=ANN, hour=this_hour - age, count=1) for age in (0, 23, 25, 26)))
    await store.forget_spent()
    async with transactions(engine).read() as session:
        left = set(await session.scalars(select(SpentQuota.hour)))
    assert left == {this_hour, this_hour - 23}


async def test_a_start_over_the_quota_can_be_tapped_again_later(store: Store, source: Photo) -> None:
    opened = await store.panels.open(panel(source))
    with pytest.raises(QuotaSpent):
        await store.start([expansion(source)], panel=(opened.id, 0), quota=0)
    assert await store.start([expansion(source)], panel=(opened.id, 0), quota=1) is not None


async def test_racing_starts_do_not_pass_the_quota(store: Store, source: Photo) -> None:
    opened = [await store.panels.open(panel(source)) for _ in range(6)]
    race = (store.start([expansion(source)], panel=(p.id, 0), quota=2) for p in opened)
    outcomes = await asyncio.gather(*race, return_exceptions=True)
    assert sum(isinstance(outcome, Started) for outcome in outcomes) == 2
    assert sum(isinstance(outcome, QuotaSpent) for outcome in outcomes) == 4


async def test_delivery_is_recorded_once(store: Store, queue: EmbeddedQueue, source: Photo) -> None:
    finished = await make(store, queue, source)
    assert [job.subject for job in await queue.claim_ended("server", 9)] == [finished.id]
    claims = await asyncio.gather(*(store.claim_announcement(finished.id) for _ in range(5)))
    assert sorted(claims) == [False] * 4 + [True]
    await store.delivered(finished.id, "file")
    await store.remember_before(finished.id, "before")
    assert await queue.claim_ended("server", 9) == []
    shown = await store.expansion(finished.id)
    assert shown is not None
    assert (shown.file_id, shown.before_file_id) == ("file", "before")


async def test_a_chain_is_told_from_its_root(store: Store, queue: EmbeddedQueue, source: Photo) -> None:
    links = [await make(store, queue, source)]
    for _ in range(3):
        assert links[-1].result is not None
        links.append(await make(store, queue, links[-1].result))
    fork = await make(store, queue, links[1].result or source, BOB)
    assert [e.id for e in await store.ancestry(links[3].id)] == [e.id for e in links]
    assert [e.id for e in await store.ancestry(fork.id)] == [links[0].id, links[1].id, fork.id]
    assert await store.ancestry(404) == []


async def test_live_is_what_can_be_cancelled(store: Store, queue: EmbeddedQueue, source: Photo) -> None:
    await make(store, queue, source)
    started = [await start(store, source) for _ in range(2)]
    await queue.take("worker")
    assert [(e.id, e.status) for e in await store.live(ANN)] == [
        (started[0].id, Status.WAITING),
        (started[1].id, Status.WAITING),
    ]
    assert await store.live(BOB) == []


async def test_mine_pages_by_key(store: Store, queue: EmbeddedQueue, source: Photo) -> None:
    ids = [(await make(store, queue, source)).id for _ in range(4)]
    await start(store, source)
    newest = await store.mine(ANN)
    assert ([e.id for e in newest.expansions], newest.newer, newest.older, newest.count) == ([ids[3]], False, True, 4)
    older = await store.mine(ANN, before_id=ids[3], limit=2)
    assert ([e.id for e in older.expansions], older.newer, older.older) == ([ids[2], ids[1]], True, True)
    oldest = await store.mine(ANN, before_id=ids[1])
    assert ([e.id for e in oldest.expansions], oldest.newer, oldest.older) == ([ids[0]], True, False)
    back = await store.mine(ANN, after_id=ids[0], limit=2)
    assert [e.id for e in back.expansions] == [ids[2], ids[1]]
    nobody = await store.mine(BOB)
    assert (nobody.expansions, nobody.newer, nobody.older, nobody.count) == ([], False, False, 0)


async def test_an_estimate_comes_from_the_nearest_sizes(engine: AsyncEngine, store: Store) -> None:
    assert await store.typical_seconds("patchmatch", "", 1.0) is None
    assert await store.mean_seconds() is None
    small, large = [await store.photos.add(photo(width=side, height=side)) for side in (1000, 4000)]
    times = [(small, 1.0)] * 8 + [(small, 60.0)] + [(large, 8.0)] * 9
    rows = [expansion(p, status=Status.DONE, engine="patchmatch", seconds=s, left=0, right=0) for p, s in times]
    await add(engine, *rows, expansion(small, status=Status.DONE, engine="diffusion", model="sdxl", seconds=500.0))
    assert await store.typical_seconds("patchmatch", "", 1.0) == 1.0
    assert await store.typical_seconds("patchmatch", "", 12.0) == 8.0
    assert await store.typical_seconds("diffusion", "sdxl", 12.0) == 500.0
    assert await store.typical_seconds("diffusion", "sd15-cpu", 12.0) is None
    assert await store.typical_seconds(None, "", 1.0) == 1.0
    assert await store.mean_seconds() == (8 * 1.0 + 60.0 + 9 * 8.0 + 500.0) / 19


async def test_deleting_leaves_what_others_need(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    root = await make(store, queue, source)
    assert root.result is not None
    child = await make(store, queue, root.result)
    await store.delete_expansion(root.id)
    assert await noted(engine) == {root.preview}
    assert [e.id for e in await store.ancestry(child.id)] == [child.id]
    assert await store.photos.photo(root.result.id) is not None
    assert child.result is not None
    await store.delete_expansion(child.id)
    masters = {child.result.blob, child.result.thumb, root.result.blob, root.result.thumb}
    assert await noted(engine) == {root.preview, child.preview} | masters
    assert await store.photos.photo(root.result.id) is None
    assert await store.photos.photo(source.id) is not None
    await store.delete_expansion(child.id)


async def test_a_shared_blob_stays(engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo) -> None:
    first, second = [await make(store, queue, source) for _ in range(2)]
    assert first.result is not None
    await store.photos.add(photo(BOB, blob=first.result.blob, thumb=first.preview))
    await store.delete_expansion(first.id)
    async with transactions(engine).read() as session:
        assert await orphans(session, sorted(await noted(engine))) == [first.result.thumb]
    assert await store.expansion(second.id) is not None


async def test_messages_find_their_expansion(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    messages = Messages(engine)
    finished = await make(store, queue, source)
    for kind in (MessageKind.PANEL, MessageKind.RESULT):
        await messages.remember(Message(chat_id=ANN, message_id=9, kind=kind, person_id=ANN, expansion_id=finished.id))
    known = await messages.message(ANN, 9)
    assert known is not None
    assert (known.kind, known.expansion_id) == (MessageKind.RESULT, finished.id)
    await store.delete_expansion(finished.id)
    known = await messages.message(ANN, 9)
    assert known is not None
    assert known.expansion_id is None
    await messages.forget(ANN, 9)
    assert await messages.message(ANN, 9) is None


async def test_every_message_of_an_expansion_and_the_newest_of_a_chat(
    engine: AsyncEngine, store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    messages = Messages(engine)
    one, other = await make(store, queue, source), await make(store, queue, source)
    for message_id, kind, shown in [(9, "result", one), (10, "title", one), (11, "result", other)]:
        await messages.remember(
            Message(chat_id=ANN, message_id=message_id, kind=kind, person_id=ANN, expansion_id=shown.id)
        )
    assert [(m.message_id, m.kind) for m in await messages.showing(one.id)] == [(9, "result"), (10, "title")]
    newest = await messages.newest(ANN)
    assert newest is not None
    assert newest.message_id == 11
    assert await messages.newest(BOB) is None


async def test_a_file_is_remembered_without_calling_it_delivered(
    store: Store, queue: EmbeddedQueue, source: Photo
) -> None:
    finished = await make(store, queue, source)
    await store.remember_file(finished.id, "AgAC")
    again = await store.expansion(finished.id)
    assert again is not None
    assert (again.file_id, again.delivered_at) == ("AgAC", finished.delivered_at)


async def test_many_writers_at_once_all_get_through_and_the_first_wins(store: Store, source: Photo) -> None:
    rows: list[Expansion] = [(await store.start([expansion(source)], quota=None) or [])[0] for _ in range(5)]
    placed = await asyncio.gather(*(store.place([row.id], n) for row in rows for n in range(20)))
    assert sum(placed) == len(rows)
    assert all(e.message_id is not None for e in await store.live(ANN))


async def test_a_status_message_is_recorded_with_its_place_and_only_the_first(
    store: Store, engine: AsyncEngine, source: Photo
) -> None:
    (row,) = await store.start([expansion(source)], quota=None) or ()
    messages, where = Messages(engine), {"chat_id": BOB, "thread_id": None}
    assert await store.place([row.id], 100, MessageKind.RESULT, **where)  # type: ignore[arg-type]
    assert not await store.place([row.id], 101, MessageKind.RESULT, **where)  # type: ignore[arg-type]
    first, second = await messages.message(BOB, 100), await messages.message(BOB, 101)
    assert first is not None
    assert (first.kind, first.person_id, first.expansion_id) == ("result", ANN, row.id)
    assert second is None


async def test_a_message_that_is_gone_makes_room_for_another(store: Store, source: Photo) -> None:
    row = await start(store, source)
    assert not await store.place([row.id], 101)
    await store.displace([row.id], 99)  # another message than the one that it has
    assert not await store.place([row.id], 101)
    await store.displace([row.id], 100)
    assert await store.place([row.id], 101, chat_id=BOB, thread_id=5)
    assert await store.place([row.id], 101, chat_id=BOB, thread_id=5)  # the same message again
    assert not await store.place([row.id], 101, chat_id=ANN, thread_id=None)
    moved = await store.expansion(row.id)
    assert moved is not None
    assert (moved.chat_id, moved.thread_id, moved.message_id) == (BOB, 5, 101)


async def test_no_question_reads_a_whole_table(tmp_path: Path) -> None:
    engine = await open_database(new_sqlite(tmp_path))
    await add_people(engine)
    store, queue = Store(engine), queue_on(engine)
    gallery, galleries = GalleryStore(engine), Galleries(engine)
    source = await store.photos.add(photo(chat_id=ANN, message_id=5))
    post = await gallery.publish((await make(store, queue, source)).id, ANN, "", 0.5)
    shown = await galleries.open(BOB, BOB)
    asked: list[tuple[str, Any]] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    assert post is not None
    await store.start([expansion(source)], quota=9)
    await store.delivered(1, None)
    await queue.claim_unplaced("server", 9)
    await queue.claim_ended("server", 9)
    await store.mine(ANN)
    await store.ancestry(post.expansion_id)
    await store.typical_seconds("patchmatch", "", 1.0)
    await store.mean_seconds()
    await queue.take("worker")
    await queue.live(9)
    await queue.jobs([1, 2])
    await queue.position(2)
    await galleries.next(shown.id, BOB)
    await galleries.previous(shown.id, BOB)
    await gallery.react(post.expansion_id, BOB, Feeling.LAUGHING)
    await People(engine).forget(ANN)
    questions = [ask for ask in asked if ask[0].startswith(("SELECT", "UPDATE", "DELETE", "WITH"))]
    assert len(questions) > 40
    async with engine.connect() as connection:
        for question, values in questions:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", values)
            steps = [str(step.detail) for step in plan]
            whole = [
                step for step in steps if re.match(r"SCAN (expansions|jobs|photos|posts|people|messages)\S*$", step)
            ]
            assert whole == [], question
    await engine.dispose()
