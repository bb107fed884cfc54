"""Two serving programs share one database and show jobs without disturbing each other."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.jobs.watch import AT_ONCE, Watch
from storage.expansions import Store
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.expansions import EXPANSIONS
from storage.models import Job, Photo, Status
from tests.support.limits import HANG
from tests.support.rows import ANN, BOB, add_people, expansion, photo, queue_on, start
from tests.support.screens import Recorder, watching


@pytest.fixture
async def store(engine: AsyncEngine) -> Store:
    await add_people(engine)
    return Store(engine)


@pytest.fixture
async def source(store: Store) -> Photo:
    return await store.photos.add(photo(chat_id=ANN, message_id=5))


@pytest.fixture
def wall(store: Store) -> Recorder:
    return recorder(store)


def recorder(store: Store) -> Recorder:
    return Recorder(lambda job: store.delivered(job.subject, "file"), lambda rows: store.place(rows, 8))


async def over(engine: AsyncEngine, *subjects: int) -> None:
    """Wait until the ends of these jobs have been shown."""
    queue = queue_on(engine)
    async with asyncio.timeout(HANG):
        while [job for job in await queue.jobs(subjects) if job.settled_at is None]:
            await queue.watch(0.05)


async def run_one(engine: AsyncEngine, queue: EmbeddedQueue | None = None) -> int:
    queue = queue or queue_on(engine)
    job = await queue.take("worker")
    assert job is not None
    assert await queue.finish(job, Status.DONE)
    return job.subject


async def test_an_end_is_shown_once_however_many_programs_serve(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    rows = [await start(store, source, who) for who in (ANN, BOB, ANN)]
    async with watching(*(Watch(f"server {n}", queue_on(engine), wall) for n in range(3))):
        ids = [await run_one(engine) for _ in rows]
        await over(engine, *ids)
    assert sorted(wall.shown) == sorted(ids)


async def test_a_program_that_starts_finds_what_ended_before(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    await start(store, source)
    number = await run_one(engine)
    async with watching(Watch("server", queue_on(engine), wall)):
        await over(engine, number)
    assert wall.shown == [number]


async def test_what_another_program_is_placing_or_showing_is_let_be(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    """In an earlier design, a program that started between a row and its `sendPhoto` sent a second message."""
    await start(store, source)
    ended = await run_one(engine)
    (placing,) = await store.start([expansion(source, BOB)], quota=None) or ()
    wall.gate.clear()
    first, second = Watch("first", queue_on(engine), wall), Watch("second", queue_on(engine), wall)
    async with watching(first):
        await wall.begun.wait()
        for _ in range(3):
            await second.look()
        assert (wall.shown, wall.placed) == ([ended], [])
        assert await store.place([placing.id], 7)
        wall.gate.set()
        await over(engine, ended)
    assert wall.shown == [ended]


async def test_what_a_dead_program_began_is_done_once_its_lease_has_run_out(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    (left,) = await store.start([expansion(source)], quota=None) or ()
    async with watching(Watch("server", queue_on(engine), wall)):
        await queue_on(engine).rescue(every_lease=True)  # as if the lease had run out
        queue = queue_on(engine)
        while not await queue.live(1):
            await queue.watch(0.05)
        number = await run_one(engine)
        await over(engine, number)
    assert (wall.placed, wall.shown) == ([left.id], [left.id])


async def test_what_cannot_be_shown_now_is_tried_again(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    wall.refusals = 2
    await start(store, source)
    number = await run_one(engine)
    async with watching(Watch("server", queue_on(engine), wall, later=0)):
        await over(engine, number)
    assert wall.shown == [number] * 3


async def test_a_program_that_stops_while_it_shows_leaves_that_to_the_next_at_once(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    wall.gate.clear()
    await start(store, source)
    number = await run_one(engine)
    async with watching(Watch("first", queue_on(engine), wall)):
        await wall.begun.wait()
    wall.gate.set()
    async with watching(Watch("second", queue_on(engine), wall)):
        await over(engine, number)
    assert wall.shown == [number, number]


async def test_what_ends_after_its_program_has_stopped_showing_is_shown_by_the_next_at_once(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    queue = queue_on(engine)
    for who in (ANN, BOB):
        await start(store, source, who)
    async with watching(Watch("first", queue, wall)):
        await over(engine, await run_one(engine, queue))
    number = await run_one(engine, queue)
    async with watching(Watch("second", queue_on(engine), wall)):
        await over(engine, number)
    assert wall.shown[-1:] == [number]


async def test_no_more_ends_are_shown_at_a_time_than_allowed_wherever_their_jobs_ended(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    """With one more there would be less than no room, for which PostgreSQL refuses to look and SQLite takes all."""
    queue = queue_on(engine)
    watch = Watch("server", queue, wall)
    await watch.look()
    people = range(100, 100 + AT_ONCE + 2)
    await add_people(engine, *people)
    wall.gate.clear()
    numbers = []
    for who in people:
        await start(store, source, who)
        numbers.append(await run_one(engine, queue))
        await watch.look()
    async with watching(watch):
        assert len(wall.shown) == AT_ONCE
        wall.gate.set()
        await over(engine, *numbers)
    assert sorted(wall.shown) == numbers


async def test_people_hear_of_progress_and_of_their_place(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    queue = queue_on(engine)
    rows = [await start(store, source, who) for who in (ANN, BOB)]
    watch = Watch("server", queue, wall)
    await watch.look()
    await watch.look()  # nothing new
    assert [told[0] for told in wall.told] == [rows[0].id, rows[1].id]
    job = await queue.take("worker")
    assert job is not None
    await queue.beat(job, 0.5)
    wall.told.clear()
    await watch.look()
    assert wall.told == [(rows[0].id, Status.RUNNING, 0.5), (rows[1].id, Status.WAITING, 0.0)]


async def test_an_error_of_a_screen_is_tried_again_and_told(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    class Clumsy(Recorder):
        async def show(self, job: Job) -> float | None:
            if not self.shown:
                self.shown.append(job.subject)
                raise ZeroDivisionError("never mind")
            return await super().show(job)

    await start(store, source)
    number = await run_one(engine)
    clumsy = Clumsy(wall.note_shown)
    async with watching(Watch("server", queue_on(engine), clumsy, later=0)):
        await over(engine, number)
    assert clumsy.shown == [number, number]


async def test_a_claim_is_renewed_again_after_an_error(
    engine: AsyncEngine, store: Store, source: Photo, wall: Recorder
) -> None:
    class Clumsy(EmbeddedQueue):
        renewed = 0

        async def hold(self, job: Job, seconds: float | None = None) -> bool:
            self.renewed += 1
            if self.renewed == 1:
                raise ZeroDivisionError("never mind")
            wall.gate.set()
            return await super().hold(job, seconds)

    wall.gate.clear()
    await start(store, source)
    number, clumsy = await run_one(engine), Clumsy(engine, EXPANSIONS)
    async with watching(Watch("server", clumsy, wall, renew=0)):
        await over(engine, number)
    assert wall.shown == [number]
