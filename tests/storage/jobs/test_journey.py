"""Each step of a journey starts once, in the transaction that ends the one before, and only painted steps count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.expansions import Store
from storage.jobs.expansions import recorded
from storage.jobs.journey import followed
from storage.jobs.kinds import Record
from storage.jobs.queue import Queue
from storage.jobs.quota import QuotaSpent
from storage.models import Expansion, Job, Photo, Status
from tests.support.queues import QueueOn
from tests.support.rows import ANN, BOB, add, add_people, expansion, photo

STEPS, MESSAGE = 3, 100


@pytest.fixture
async def store(engine: AsyncEngine) -> Store:
    await add_people(engine)
    return Store(engine)


@pytest.fixture
async def source(engine: AsyncEngine, store: Store) -> Photo:
    first = photo()
    await add(engine, first)
    return first


async def begin(store: Store, source: Photo, quota: int | None = None, steps: int = STEPS) -> Expansion:
    asked = expansion(source, key="j1:1", batch="j1", variant=1, steps=steps, style="wild", prompt="sea")
    started = await store.start([asked], quota=quota)
    assert started
    await store.place([started[0].id], MESSAGE)
    return started[0]


def painted(number: int) -> Record:
    """Return what the painter records of a step."""

    async def record(session: AsyncSession) -> None:
        await recorded(number, result=photo(width=1500 + number), preview=f"preview-{number}")(session)
        await followed(number, left=1, top=2, right=3, bottom=4, seed=8)(session)

    return record


async def take(queue: Queue, owner: str = "worker") -> Job:
    job = await queue.take(owner)
    assert job is not None
    return job


async def paint(queue: Queue, job: Job) -> bool:
    return await queue.finish(job, Status.DONE, painted(job.subject))


async def test_each_step_goes_on_from_the_result_before(store: Store, source: Photo, queue: Queue) -> None:
    await begin(store, source)
    for _ in range(STEPS):
        assert await paint(queue, await take(queue))
    assert await queue.take("worker") is None
    steps = await store.batch("j1")
    assert [(step.variant, step.steps, step.following) for step in steps] == [(1, 3, 2), (2, 3, 1), (3, 3, 0)]
    assert [step.source_id for step in steps[1:]] == [step.result_id for step in steps[:-1]]
    assert {(step.style, step.prompt, step.scale, step.message_id, step.chat_id) for step in steps} == {
        ("wild", "sea", 1.5, MESSAGE, ANN)
    }
    assert (steps[1].left, steps[1].top, steps[1].right, steps[1].bottom, steps[1].seed) == (1, 2, 3, 4, 8)
    assert [step.id for step in await store.ancestry(steps[-1].id)] == [step.id for step in steps]


async def test_a_lost_lease_starts_no_step_and_another_attempt_starts_one(
    engine: AsyncEngine, store: Store, source: Photo, queue_on: QueueOn
) -> None:
    first, second = queue_on(engine, timedelta(0)), queue_on(engine, timedelta(hours=1))
    await begin(store, source)
    stalled = await take(first)
    again = await take(second, "another")  # the lease of the first has run out
    assert not await paint(first, stalled)
    assert len(await store.batch("j1")) == 1
    assert await paint(second, again)
    assert not await paint(second, again)
    assert len(await store.batch("j1")) == 2


async def test_cancelling_ends_a_journey_even_if_the_painter_was_quicker(
    store: Store, source: Photo, queue: Queue
) -> None:
    await begin(store, source)
    assert await paint(queue, await take(queue))
    job = await take(queue)
    assert await queue.cancel(job.subject)
    assert await paint(queue, job)
    assert await queue.take("worker") is None
    assert [step.status for step in await store.batch("j1")] == [Status.DONE, Status.DONE]


async def test_a_step_that_fails_is_the_last(store: Store, source: Photo, queue: Queue) -> None:
    await begin(store, source)
    assert await paint(queue, await take(queue))
    assert await queue.finish(await take(queue), Status.FAILED, error="no luck")
    assert await queue.take("worker") is None
    assert [step.status for step in await store.batch("j1")] == [Status.DONE, Status.FAILED]


async def test_steps_are_reserved_while_it_goes_on_and_only_painted_ones_count(
    store: Store, source: Photo, queue: Queue
) -> None:
    with pytest.raises(QuotaSpent):
        await begin(store, source, quota=STEPS - 1)
    await begin(store, source, quota=STEPS)
    assert await store.left(ANN, 10) == 10 - STEPS
    with pytest.raises(QuotaSpent):
        await store.start([expansion(source)], quota=STEPS)
    assert await paint(queue, await take(queue))
    assert await store.left(ANN, 10) == 10 - STEPS
    job = await take(queue)
    await queue.cancel(job.subject)
    assert await queue.finish(job, Status.CANCELLED)
    assert await store.left(ANN, 10) == 10 - 1


async def test_others_come_between_the_steps(engine: AsyncEngine, store: Store, source: Photo, queue: Queue) -> None:
    await begin(store, source)
    theirs = photo(BOB)
    await add(engine, theirs)
    started = await store.start([expansion(theirs, key="b1"), expansion(theirs, key="b2")], quota=None)
    assert started
    await store.place([one.id for one in started], 200)
    order = []
    while (job := await queue.take("worker")) is not None:
        order.append(job.person_id)
        await paint(queue, job)
    assert order[:3] == [ANN, BOB, ANN] or order[:4] == [ANN, BOB, BOB, ANN]
    assert order.count(ANN) == STEPS


async def test_a_step_takes_the_message_that_its_journey_has_now(store: Store, source: Photo, queue: Queue) -> None:
    await begin(store, source)
    assert await paint(queue, await take(queue))
    second = (await store.batch("j1"))[1]
    await store.displace([second.id], MESSAGE)
    assert await paint(queue, await take(queue))
    assert [step.message_id for step in await store.batch("j1")] == [MESSAGE, None, MESSAGE]
