"""The queue: no job is lost, none is run twice to its end, nobody waits behind another's heap."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from storage.expansions import Store
from storage.jobs.lease import ATTEMPTS
from storage.jobs.queue import Beat, EmbeddedQueue, Queue, QueueUnavailable, open_queue
from storage.models import Expansion, Photo, Status
from tests.support.limits import HANG
from tests.support.photos import ROOT
from tests.support.rows import ANN, BOB, CAT, add_people, expansion, photo, start

PEOPLE = {"A": ANN, "B": BOB, "C": CAT}
AT_ONCE = timedelta(0)  # a lease that has run out as soon as it is given


@pytest.fixture
async def others(url: str) -> AsyncIterator[list[EmbeddedQueue]]:
    """The queue as three more processes see it."""
    engines = [await open_database(url) for _ in range(3)]
    yield [EmbeddedQueue(engine) for engine in engines]
    for engine in engines:
        await engine.dispose()


async def status_of(store: Store, expansion_id: int) -> Status:
    row = await store.expansion(expansion_id)
    assert row is not None
    return row.status


async def take(queue: Queue, owner: str = "worker") -> Expansion:
    taken = await queue.take(owner)
    assert taken is not None
    return taken


async def run_one(queue: Queue) -> Expansion:
    taken = await take(queue)
    assert await queue.finish(taken.id, "worker", Status.DONE)
    return taken


@pytest.mark.parametrize(
    ("story", "order"),
    [
        ("AAAABBC.......", "ABCABAA"),
        ("ABC...", "ABC"),
        ("CBA...", "CBA"),
        ("AAA.B...", "ABAA"),
        ("AAA..BB...", "AABAB"),
        ("A.A.A.AB..", "AAABA"),
        ("aB.....", "AAAAB"),
        ("aABA.......", "AAAABAA"),
        ("AB!AC....", "CABA"),
        ("AAAA...B..", "AAABA"),
    ],
    ids=["heaps", "in-turn", "as-come", "newcomer", "late-heap", "idle", "four", "four-more", "urgent", "tail"],
)
async def test_people_take_turns(store: Store, queue: Queue, source: Photo, story: str, order: str) -> None:
    """Letters start an expansion (small: four variants; after !: urgent), a dot runs the next one."""
    names, ran, urgent = {number: name for name, number in PEOPLE.items()}, "", 0
    for step in story:
        if step == ".":
            ran += names[(await run_one(queue)).person_id]
        elif step == "!":
            urgent = 1
        else:
            who, count = PEOPLE[step.upper()], 4 if step.islower() else 1
            rows = [expansion(source, who, variant=n, priority=urgent if step == "C" else 0) for n in range(count)]
            started = await store.start(rows, quota=None)
            assert started is not None
            await store.place([e.id for e in started], 100)
    assert ran == order


async def test_nobody_waits_behind_anothers_heap(store: Store, queue: Queue, source: Photo) -> None:
    """Who had nothing in the queue sees at most one expansion of each other person run first."""
    dice, waiting, ahead = Random(11), Counter[int](), dict[int, int]()
    for _ in range(120):
        if dice.random() < 0.6 or not waiting.total():
            who = dice.choices(list(PEOPLE.values()), [12, 2, 1])[0]
            row = await start(store, source, who)
            if not waiting[who]:
                ahead[row.id] = 0
            waiting[who] += 1
        else:
            done = await run_one(queue)
            waiting[done.person_id] -= 1
            assert ahead.pop(done.id, 0) < len(PEOPLE)
            ahead = {number: count + 1 for number, count in ahead.items()}


async def test_the_place_in_the_queue_is_the_order_of_taking(store: Store, queue: Queue, source: Photo) -> None:
    started = [await start(store, source, PEOPLE[who]) for who in "AAABBC"]
    await start(store, source, CAT, priority=1)
    unplaced = await store.start([expansion(source, BOB)], quota=None)
    assert unplaced is not None
    places = {row.id: await queue.position(row.id) for row in started}
    assert sorted(places.values()) == [2, 3, 4, 5, 6, 7]
    assert await queue.counts() == {Status.WAITING: 8, Status.RUNNING: 0}
    await run_one(queue)
    for row_id in sorted(places, key=lambda number: places[number]):
        assert await queue.position(row_id) == 1
        assert (await run_one(queue)).id == row_id
        assert await queue.position(row_id) == 0
    assert await queue.position(404) == 0


async def test_takers_never_get_the_same_row(
    engine: AsyncEngine, store: Store, source: Photo, others: list[EmbeddedQueue]
) -> None:
    crowd = range(10, 40)
    await add_people(engine, *crowd)
    started = {(await start(store, source, person)).id for person in crowd}

    async def drain(queue: EmbeddedQueue, owner: str) -> list[int]:
        ids = []
        while taken := await queue.take(owner):
            ids.append(taken.id)
            assert await queue.finish(taken.id, owner, Status.DONE)
        return ids

    drained = await asyncio.gather(*(drain(queue, f"worker-{n}") for n, queue in enumerate(others)))
    assert sorted(number for ids in drained for number in ids) == sorted(started)


async def test_one_at_a_time_for_each_person(store: Store, source: Photo, others: list[EmbeddedQueue]) -> None:
    for who in "AAABBB":
        await start(store, source, PEOPLE[who])
    taken = await asyncio.gather(*(queue.take(f"worker-{n}") for n, queue in enumerate(others * 3)))
    running = [row.person_id for row in taken if row is not None]
    assert sorted(running) == [ANN, BOB]
    assert await others[0].counts() == {Status.WAITING: 4, Status.RUNNING: 2}


async def test_a_killed_takers_job_is_run_again(url: str, store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    taker = await asyncio.create_subprocess_exec(
        sys.executable, ROOT / "tests" / "support" / "taker.py", url, stdout=asyncio.subprocess.PIPE
    )
    assert taker.stdout is not None
    assert int(await taker.stdout.readline()) == row.id
    assert await queue.take("worker") is None
    taker.send_signal(signal.SIGKILL)
    await taker.wait()
    while not (rescued := await queue.rescue()):
        await queue.wait()
    assert rescued == [row.id]
    again = await take(queue)
    assert (again.id, again.attempts) == (row.id, 2)


async def test_a_stale_owner_is_fenced(engine: AsyncEngine, store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    hasty = EmbeddedQueue(engine, lease=AT_ONCE)
    await take(hasty, "slow")
    assert await queue.rescue() == [row.id]
    await take(queue, "quick")
    assert await queue.beat(row.id, "slow", 0.9) is Beat.LOST
    assert not await queue.finish(row.id, "slow", Status.DONE, result=photo(), preview="stale")
    assert not await queue.retry(row.id, "slow", "stale")
    await queue.release(row.id, "slow")
    assert await queue.beat(row.id, "quick", 0.5) is Beat.GO_ON
    assert await queue.finish(row.id, "quick", Status.DONE, result=photo(width=1500), preview="fresh")
    assert not await queue.finish(row.id, "quick", Status.FAILED)
    finished = await store.expansion(row.id)
    assert finished is not None
    assert finished.result is not None
    assert (finished.preview, finished.result.width, finished.attempts, finished.progress) == ("fresh", 1500, 2, 1.0)


async def test_a_beat_keeps_a_lease_that_ran_out_unnoticed(
    engine: AsyncEngine, store: Store, queue: Queue, source: Photo
) -> None:
    row = await start(store, source)
    await take(EmbeddedQueue(engine, lease=AT_ONCE))
    assert await queue.beat(row.id, "worker", 0.25) is Beat.GO_ON
    assert await queue.rescue() == []
    running = await store.expansion(row.id)
    assert running is not None
    assert running.progress == 0.25


async def test_a_job_that_kills_its_workers_fails_in_the_end(engine: AsyncEngine, store: Store, source: Photo) -> None:
    row, hasty = await start(store, source), EmbeddedQueue(engine, lease=AT_ONCE)
    for attempt in range(1, ATTEMPTS + 1):
        assert (await take(hasty)).attempts == attempt
        assert await hasty.rescue() == [row.id]
    assert await hasty.take("worker") is None
    failed = await store.undelivered()
    assert [(e.id, e.status, e.error) for e in failed] == [(row.id, Status.FAILED, "the worker stopped without a word")]


async def test_a_failed_try_is_tried_again_in_its_old_place(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    await start(store, source, BOB)
    for left in (True, True, False):
        assert (await take(queue)).id == row.id
        assert await queue.retry(row.id, "worker", "out of memory") is left
    failed = await store.expansion(row.id)
    assert failed is not None
    assert (failed.status, failed.error, failed.attempts) == (Status.FAILED, "out of memory", ATTEMPTS)


async def test_a_worker_that_stops_costs_no_attempt(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    for _ in range(ATTEMPTS + 2):
        assert (await take(queue)).attempts == 1
        await queue.release(row.id, "worker")
    assert await status_of(store, row.id) is Status.WAITING


async def test_a_program_that_starts_anew_takes_its_own_leases_back(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    await take(queue)
    assert await queue.rescue() == []
    assert await queue.rescue(every_lease=True) == [row.id]
    assert await status_of(store, row.id) is Status.WAITING


async def test_cancelling_what_waits_is_done_at_once(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    assert await queue.cancel(row.id)
    assert not await queue.cancel(row.id)
    assert not await queue.cancel(404)
    assert await queue.take("worker") is None
    assert [e.status for e in await store.undelivered()] == [Status.CANCELLED]


async def test_a_running_worker_hears_of_a_cancel_at_once(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    running = asyncio.Event()

    async def work() -> Beat:
        await take(queue)
        running.set()
        while (beat := await queue.beat(row.id, "worker")) is Beat.GO_ON:
            await queue.wait()
        assert await queue.finish(row.id, "worker", Status.CANCELLED)
        return beat

    worker = asyncio.create_task(work())
    await running.wait()
    assert await queue.cancel(row.id)
    async with asyncio.timeout(HANG):  # a lease lasts longer: only the bell comes sooner
        assert await worker is Beat.CANCEL
    assert not await queue.cancel(row.id)


async def test_what_was_cancelled_while_its_worker_died_is_cancelled(
    engine: AsyncEngine, store: Store, source: Photo
) -> None:
    row, hasty = await start(store, source), EmbeddedQueue(engine, lease=AT_ONCE)
    await take(hasty)
    await hasty.cancel(row.id)
    await hasty.rescue()
    assert await status_of(store, row.id) is Status.CANCELLED


async def test_a_bell_between_looking_and_waiting_is_heard(store: Store, queue: Queue, source: Photo) -> None:
    assert await queue.take("worker") is None
    row = await start(store, source)
    await asyncio.create_task(queue.put([row.id]))  # somebody else's task
    async with asyncio.timeout(HANG):
        await queue.wait()
    assert (await take(queue)).id == row.id


@pytest.mark.parametrize("event", ["put", "finish", "retry", "release", "cancel", "rescue"])
async def test_the_bell_rings_for_everyone(store: Store, queue: Queue, source: Photo, event: str) -> None:
    row = await start(store, source)
    await take(queue)
    sleepers = [asyncio.create_task(queue.wait()) for _ in range(3)]
    await asyncio.sleep(0)  # now each has begun to listen
    events = {
        "put": lambda: queue.put([row.id]),
        "finish": lambda: queue.finish(row.id, "worker", Status.DONE),
        "retry": lambda: queue.retry(row.id, "worker", "failed"),
        "release": lambda: queue.release(row.id, "worker"),
        "cancel": lambda: queue.cancel(row.id),
        "rescue": lambda: queue.rescue(every_lease=True),
    }
    await events[event]()
    async with asyncio.timeout(HANG):
        await asyncio.gather(*sleepers)


def test_an_unknown_queue_names_the_remedy(engine: AsyncEngine) -> None:
    with pytest.raises(QueueUnavailable, match=r"carrier-pigeon.*KUOTU_QUEUE_URL=local"):
        open_queue("carrier-pigeon://", engine)
