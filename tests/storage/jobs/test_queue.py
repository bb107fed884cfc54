"""The queue loses no job, ends none twice, and lets nobody wait behind another person's many jobs."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database, transactions
from storage.expansions import Store
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.expansions import EXPANSIONS, recorded
from storage.jobs.lease import ATTEMPTS
from storage.jobs.opening import open_queue
from storage.jobs.queue import Beat, Queue, QueueUnavailable
from storage.models import Job, Photo, Status
from tests.support.limits import HANG
from tests.support.photos import ROOT
from tests.support.queues import QueueOn
from tests.support.rows import ANN, BOB, CAT, add_people, expansion, photo, start

PEOPLE = {"A": ANN, "B": BOB, "C": CAT}
AT_ONCE = timedelta(0)  # a lease that expires immediately


@pytest.fixture
async def others(url: str, queue_on: QueueOn) -> AsyncIterator[list[EmbeddedQueue]]:
    """The queue as three more programs see it."""
    engines = [await open_database(url) for _ in range(3)]
    yield [queue_on(engine) for engine in engines]
    for engine in engines:
        await engine.dispose()


async def status_of(queue: Queue, expansion_id: int) -> Status:
    (job,) = await queue.jobs([expansion_id])
    return job.status


async def take(queue: Queue, owner: str = "worker") -> Job:
    taken = await queue.take(owner)
    assert taken is not None
    return taken


async def run_one(queue: Queue) -> Job:
    taken = await take(queue)
    assert await queue.finish(taken, Status.DONE)
    return taken


async def show_ends(store: Store, queue: Queue) -> list[int]:
    """Show whatever has ended, as a serving program does."""
    ended = [job.subject for job in await queue.claim_ended("server", 99)]
    for number in ended:
        await store.delivered(number, None)
    return ended


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
@pytest.mark.parametrize("shown", [False, True], ids=["unseen", "shown"])
async def test_people_take_turns(
    store: Store, queue: Queue, source: Photo, story: str, order: str, shown: bool
) -> None:
    """Letters start an expansion (lower case: four variants; after !: urgent), and a dot runs the next one.

    Jobs are deleted after their end has been shown, and the turns stay the same.
    """
    names, ran, urgent = {number: name for name, number in PEOPLE.items()}, "", 0
    for step in story:
        if step == ".":
            ran += names[(await run_one(queue)).person_id or 0]
            if shown:
                assert await show_ends(store, queue)
        elif step == "!":
            urgent = 1
        else:
            who, count = PEOPLE[step.upper()], 4 if step.islower() else 1
            rows = [expansion(source, who, variant=n) for n in range(count)]
            started = await store.start(rows, quota=None, priority=urgent if step == "C" else 0)
            assert started is not None
            await store.place([e.id for e in started], 100)
    assert ran == order


async def test_nobody_waits_behind_anothers_heap(store: Store, queue: Queue, source: Photo) -> None:
    """A person with no jobs in the queue waits for at most one expansion of each other person."""
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
            waiting[done.person_id or 0] -= 1
            assert ahead.pop(done.subject, 0) < len(PEOPLE)
            await show_ends(store, queue)
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
        assert (await run_one(queue)).subject == row_id
        assert await queue.position(row_id) == 0
    assert await queue.position(404) == 0


async def test_takers_never_get_the_same_row(
    engine: AsyncEngine, store: Store, source: Photo, others: list[EmbeddedQueue]
) -> None:
    crowd = range(10, 40)
    await add_people(engine, *crowd)
    started = {(await start(store, source, person)).id for person in crowd}
    await others[0].put(sorted(started))

    async def drain(queue: EmbeddedQueue, owner: str) -> list[int]:
        ids = []
        while taken := await queue.take(owner):
            ids.append(taken.subject)
            assert await queue.finish(taken, Status.DONE)
        return ids

    drained = await asyncio.gather(*(drain(queue, f"worker-{n}") for n, queue in enumerate(others)))
    assert sorted(number for ids in drained for number in ids) == sorted(started)


async def test_one_at_a_time_for_each_person(store: Store, source: Photo, others: list[EmbeddedQueue]) -> None:
    await others[0].put([(await start(store, source, PEOPLE[who])).id for who in "AAABBB"])
    taken = await asyncio.gather(*(queue.take(f"worker-{n}") for n, queue in enumerate(others * 3)))
    running = {row.person_id for row in taken if row is not None}
    assert running == {ANN, BOB}
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
        await queue.wait(0.1)
    assert rescued == [row.id]
    again = await take(queue)
    assert (again.subject, again.attempts) == (row.id, 2)


async def test_a_stale_owner_is_fenced(
    engine: AsyncEngine, store: Store, queue: Queue, source: Photo, queue_on: QueueOn
) -> None:
    row = await start(store, source)
    slow = await take(queue_on(engine, AT_ONCE), "slow")
    assert await queue.rescue() == [row.id]
    quick = await take(queue, "slow")  # the owner may even be the same worker
    assert await queue.beat(slow, 0.9) is Beat.LOST
    assert await queue.ask(slow) is Beat.LOST
    assert not await queue.finish(slow, Status.DONE, recorded(row.id, result=photo(), preview="stale"))
    assert not await queue.retry(slow, "stale")
    await queue.release(slow)
    assert await queue.beat(quick, 0.5) is Beat.GO_ON
    assert await queue.finish(quick, Status.DONE, recorded(row.id, result=photo(width=1500), preview="fresh"))
    assert not await queue.finish(quick, Status.FAILED)
    finished = await store.expansion(row.id)
    assert finished is not None
    assert finished.result is not None
    assert (finished.preview, finished.result.width, finished.status) == ("fresh", 1500, Status.DONE)
    (job,) = await queue.jobs([row.id])
    assert (job.attempts, job.progress) == (2, 1.0)


async def test_a_beat_keeps_a_lease_that_ran_out_unnoticed(
    engine: AsyncEngine, store: Store, queue: Queue, source: Photo, queue_on: QueueOn
) -> None:
    row = await start(store, source)
    taken = await take(queue_on(engine, AT_ONCE))
    assert await queue.beat(taken, 0.25) is Beat.GO_ON
    assert await queue.rescue() == []
    (running,) = await queue.jobs([row.id])
    assert running.progress == 0.25


async def test_a_job_that_kills_its_workers_fails_in_the_end(
    engine: AsyncEngine, store: Store, source: Photo, queue_on: QueueOn
) -> None:
    row, hasty = await start(store, source), queue_on(engine, AT_ONCE)
    for attempt in range(1, ATTEMPTS + 1):
        assert (await take(hasty)).attempts == attempt  # each rescues the job that the previous one left
    assert await hasty.take("worker") is None
    assert [job.subject for job in await hasty.claim_ended("server", 9)] == [row.id]
    failed = await store.expansion(row.id)
    assert failed is not None
    assert (failed.status, failed.error) == (Status.FAILED, "the worker stopped before it ended the job")


async def test_what_a_dead_worker_left_is_taken_before_the_backlog(
    engine: AsyncEngine, store: Store, queue: Queue, source: Photo, queue_on: QueueOn
) -> None:
    """The job waits again in its old place, however many jobs wait behind it."""
    row = await start(store, source)
    await start(store, source, BOB)
    await take(queue_on(engine, AT_ONCE), "the dead")
    again = await take(queue)
    assert (again.subject, again.attempts) == (row.id, 2)


async def test_a_failed_try_is_tried_again_in_its_old_place(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    await start(store, source, BOB)
    for left in (True, True, False):
        taken = await take(queue)
        assert taken.subject == row.id
        assert await queue.retry(taken, "out of memory") is left
    failed = await store.expansion(row.id)
    assert failed is not None
    assert (failed.status, failed.error) == (Status.FAILED, "out of memory")


async def test_a_worker_that_stops_costs_no_attempt(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    for _ in range(ATTEMPTS + 2):
        taken = await take(queue)
        assert taken.attempts == 1
        await queue.release(taken)
    assert await status_of(queue, row.id) is Status.WAITING


async def test_a_program_that_starts_anew_takes_its_own_leases_back(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    await take(queue)
    assert await queue.rescue() == []
    assert await queue.rescue(every_lease=True) == [row.id]
    assert await status_of(queue, row.id) is Status.WAITING


async def test_cancelling_what_waits_is_done_at_once(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    assert await queue.cancel(row.id)
    assert not await queue.cancel(row.id)
    assert not await queue.cancel(404)
    assert await queue.take("worker") is None
    assert [job.status for job in await queue.claim_ended("server", 9)] == [Status.CANCELLED]
    cancelled = await store.expansion(row.id)
    assert cancelled is not None
    assert cancelled.status is Status.CANCELLED


async def test_a_running_worker_hears_of_a_cancel_at_once(store: Store, queue: Queue, source: Photo) -> None:
    row = await start(store, source)
    running = asyncio.Event()

    async def work() -> Beat:
        taken = await take(queue)
        running.set()
        while (beat := await queue.beat(taken)) is Beat.GO_ON:
            await queue.wait()
        assert await queue.finish(taken, Status.CANCELLED)
        return beat

    worker = asyncio.create_task(work())
    await running.wait()
    assert await queue.cancel(row.id)
    async with asyncio.timeout(HANG):
        assert await worker is Beat.CANCEL
    assert not await queue.cancel(row.id)


async def test_what_was_cancelled_while_its_worker_died_is_cancelled(
    engine: AsyncEngine, store: Store, source: Photo, queue_on: QueueOn
) -> None:
    row, hasty = await start(store, source), queue_on(engine, AT_ONCE)
    await take(hasty)
    await hasty.cancel(row.id)
    await hasty.rescue()
    assert await status_of(hasty, row.id) is Status.CANCELLED


async def test_a_bell_between_looking_and_waiting_is_heard(store: Store, queue: Queue, source: Photo) -> None:
    assert await queue.take("worker") is None
    row = await start(store, source)
    await asyncio.create_task(queue.put([row.id]))  # a ring from another task
    async with asyncio.timeout(HANG):
        await queue.wait()
    assert (await take(queue)).subject == row.id


@pytest.mark.parametrize("event", ["put", "finish", "retry", "release", "cancel", "rescue"])
async def test_the_bell_rings_for_everyone(store: Store, queue: Queue, source: Photo, event: str) -> None:
    row = await start(store, source)
    taken = await take(queue)
    sleepers = [asyncio.create_task(queue.wait()) for _ in range(3)]
    sleepers += [asyncio.create_task(queue.watch()) for _ in range(3)]
    await asyncio.sleep(0)  # all of them listen now
    events = {
        "put": lambda: queue.put([row.id]),
        "finish": lambda: queue.finish(taken, Status.DONE),
        "retry": lambda: queue.retry(taken, "failed"),
        "release": lambda: queue.release(taken),
        "cancel": lambda: queue.cancel(row.id),
        "rescue": lambda: queue.rescue(every_lease=True),
    }
    await events[event]()
    async with asyncio.timeout(HANG):
        await asyncio.gather(*sleepers)


@pytest.mark.parametrize("event", ["take", "beat"])
async def test_what_only_people_want_to_see_wakes_no_worker(
    store: Store, queue: Queue, source: Photo, event: str
) -> None:
    await start(store, source)
    taken = await take(queue) if event == "beat" else None
    worker, watcher = asyncio.create_task(queue.wait()), asyncio.create_task(queue.watch())
    await asyncio.sleep(0)
    await (queue.take("worker") if taken is None else queue.beat(taken, 0.5))
    async with asyncio.timeout(HANG):
        await watcher
    assert not worker.done()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


async def test_a_start_is_its_programs_to_place_until_its_lease_has_run_out(
    engine: AsyncEngine, store: Store, queue: Queue, source: Photo, queue_on: QueueOn
) -> None:
    (row,) = await store.start([expansion(source)], quota=None) or ()
    assert await queue.claim_unplaced("another program", 9) == []
    assert await queue.take("worker") is None
    assert await queue.live(9) == []
    await queue.rescue(every_lease=True)  # as at the start of the only program
    (claimed,) = await queue_on(engine).claim_unplaced("another program", 9)
    assert (claimed.subject, claimed.owner) == (row.id, "another program")
    assert await queue.claim_unplaced("a third", 9) == []
    assert await store.place([row.id], 8)
    assert not await store.place([row.id], 9)  # the first program was slow, and deletes its message
    await queue.put([row.id])
    placed = await store.expansion(row.id)
    assert placed is not None
    assert placed.message_id == 8
    assert [job.subject for job in await queue.live(9)] == [row.id]
    assert await queue.hold(claimed)  # harmless: nobody has leased it since
    assert (await take(queue)).subject == row.id
    assert not await queue.hold(claimed)


async def test_an_end_is_shown_by_one_program(
    engine: AsyncEngine, store: Store, queue: Queue, source: Photo, others: list[EmbeddedQueue]
) -> None:
    row = await start(store, source)
    await run_one(queue)
    claims = await asyncio.gather(*(other.claim_ended(f"server {n}", 9) for n, other in enumerate(others)))
    (claimed,) = [job for jobs in claims for job in jobs]
    assert await queue.hold(claimed, 0)  # it cannot be shown now, so the next look may claim it
    (again,) = await queue.claim_ended("server", 9)
    assert again.subject == row.id
    assert not await queue.hold(claimed)
    await store.delivered(row.id, "file")
    assert await queue.claim_ended("server", 9) == []


async def test_what_ends_where_somebody_watches_is_theirs_at_once(
    store: Store, queue: Queue, source: Photo, others: list[EmbeddedQueue]
) -> None:
    assert await queue.claim_ended("server", 9) == []
    row = await start(store, source)
    await run_one(queue)
    assert await others[0].claim_ended("another program", 9) == []
    (claimed,) = await queue.claim_ended("server", 9)
    assert (claimed.subject, claimed.status, claimed.owner) == (row.id, Status.DONE, "server")
    assert await queue.claim_ended("server", 9) == []
    assert await queue.hold(claimed)


async def test_an_end_whose_commit_was_not_answered_is_shown_at_once_all_the_same(
    store: Store, queue: Queue, source: Photo, others: list[EmbeddedQueue]
) -> None:
    unanswered = others[0]  # the same program, before its connection broke
    for one in (unanswered, queue):
        await one.claim_ended("server", 9)
    row = await start(store, source)
    job = await take(queue)
    assert await unanswered.finish(job, Status.DONE)
    assert await queue.finish(job, Status.DONE)
    assert [(job.subject, job.status) for job in await queue.claim_ended("server", 9)] == [(row.id, Status.DONE)]
    assert not await others[1].finish(job, Status.DONE)  # another program, whose lease is lost


async def test_what_a_watcher_never_fetched_is_claimed_by_others_once_its_lease_has_run_out(
    store: Store, queue: Queue, source: Photo, others: list[EmbeddedQueue]
) -> None:
    await queue.claim_ended("server", 9)
    row = await start(store, source)
    await run_one(queue)
    await others[0].rescue(every_lease=True)  # as if the lease had run out
    assert [job.subject for job in await others[0].claim_ended("another program", 9)] == [row.id]


async def test_what_ends_after_nobody_watches_any_more_is_left_to_others(
    store: Store, queue: Queue, source: Photo, others: list[EmbeddedQueue]
) -> None:
    await queue.claim_ended("server", 9)
    rows = [await start(store, source, who) for who in (ANN, BOB)]
    await run_one(queue)  # claimed, but not fetched
    await queue.leave()
    await run_one(queue)
    found = await others[0].claim_ended("another program", 9)
    assert sorted(job.subject for job in found) == sorted(row.id for row in rows)


async def test_a_cancel_while_the_message_is_sent_is_shown_once_it_is_known(
    store: Store, queue: Queue, source: Photo
) -> None:
    (row,) = await store.start([expansion(source)], quota=None) or ()
    assert await queue.cancel(row.id)
    assert await queue.claim_ended("server", 9) == []
    assert await store.place([row.id], 8)
    assert [(job.subject, job.status) for job in await queue.claim_ended("server", 9)] == [(row.id, Status.CANCELLED)]


async def test_the_table_holds_what_is_open_and_the_newest_turn(
    engine: AsyncEngine, store: Store, queue: Queue, source: Photo
) -> None:
    for who in "AABAB":
        await start(store, source, PEOPLE[who])
    for _ in range(5):
        await run_one(queue)
        await show_ends(store, queue)
    async with transactions(engine).read() as session:
        left = list(await session.scalars(select(Job)))
    assert {job.turn for job in left} == {max(job.turn for job in left)}
    assert len(left) < 3


async def test_who_runs_and_who_waits_in_the_order_of_the_queue(store: Store, queue: Queue, source: Photo) -> None:
    rows = [await start(store, source, PEOPLE[who]) for who in "AAB"]
    await take(queue)
    order = [rows[0].id, rows[2].id, rows[1].id]
    assert [job.subject for job in await queue.live(9)] == order
    assert [job.subject for job in await queue.jobs([row.id for row in rows])] == order
    assert [job.subject for job in await queue.live(2)] == order[:2]


def test_an_unknown_queue_names_the_remedy(engine: AsyncEngine) -> None:
    with pytest.raises(QueueUnavailable, match=r"carrier-pigeon.*KUOTU_QUEUE_URL=local"):
        open_queue("carrier-pigeon://", engine, EXPANSIONS)


async def test_workers_of_several_presets_share_a_queue(store: Store, queue: Queue, source: Photo) -> None:
    big = await start(store, source, ANN, preset="wild:big")
    small = await start(store, source, BOB, preset="wild:small")
    plain = await start(store, source, CAT)
    await queue.put([big.id, small.id, plain.id])
    assert await queue.take("patient", ["faithful:big"]) is not None  # takes what names no preset
    assert await queue.take("patient", ["faithful:big"]) is None
    assert await queue.take("nobody") is None
    assert (await queue.counts(["wild:small"]))[Status.WAITING] == 1
    assert (await queue.counts())[Status.WAITING] == 2
    taken = [await queue.take("small", ["wild:small"]), await queue.take("big", ["wild:middle", "wild:big"])]
    assert [job and job.subject for job in taken] == [small.id, big.id]
    (job, other) = [job for job in taken if job is not None]
    assert await queue.retry(job, "broken")
    assert await queue.take("big", ["wild:big"]) is None
    again = await queue.take("small", ["wild:small"])
    assert again is not None
    assert await queue.finish(again, Status.DONE)
    assert await queue.finish(other, Status.DONE)
    assert (await queue.counts())[Status.WAITING] == 0


async def test_a_program_alone_takes_over_what_nobody_serves_any_more(
    store: Store, queue: Queue, source: Photo
) -> None:
    gone, served = [await start(store, source, who, preset=f"wild:{who}") for who in (ANN, BOB)]
    await queue.put([gone.id, served.id])
    await queue.open_up([f"wild:{BOB}"])
    async with asyncio.timeout(HANG):
        while (job := await queue.take("anybody")) is None:
            await queue.wait(0.05)
    assert job.subject == gone.id
    assert await queue.take("anybody") is None
    assert await queue.take("who serves it", [f"wild:{BOB}"]) is not None


async def test_an_outage_makes_nobody_rescue_what_living_workers_do(
    store: Store, engine: AsyncEngine, queue_on: QueueOn, source: Photo
) -> None:
    """After an outage all leases have run out, and those who live renew theirs first."""
    queue = queue_on(engine, timedelta(0))
    row = await start(store, source)
    await queue.put([row.id])
    job = await take(queue)
    with pytest.raises(OperationalError):
        async with queue._write():
            raise OperationalError("SELECT 1", {}, Exception("the server closed the connection unexpectedly"))
    assert await queue.rescue() == []
    assert await queue.take("another") is None
    assert await queue.beat(job) is Beat.GO_ON
    assert await queue_on(engine, timedelta(0)).rescue() == [row.id]  # who met no outage believes that it has died
