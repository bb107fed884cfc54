"""The bell: no task misses a ring, and a task that is cancelled during a ring still ends."""

from __future__ import annotations

import asyncio

import pytest

from storage.jobs.bell import Bell
from storage.jobs.news import Bells
from tests.support.limits import HANG


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancel_that_comes_with_the_ring_still_ends_the_task(turns: int) -> None:
    """`asyncio.wait_for` in Python 3.11 loses the cancellation if the bell rang one loop iteration before."""
    bell, began = Bell(), asyncio.Event()

    async def keep() -> None:
        while True:
            began.set()
            await bell.wait(2 * HANG)

    task = asyncio.create_task(keep())
    await began.wait()
    await asyncio.sleep(0)
    bell.ring()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=HANG)
    assert done == {task}


async def test_a_ring_between_looking_and_waiting_is_heard() -> None:
    bell = Bell()
    bell.listen()
    bell.ring()
    async with asyncio.timeout(HANG):
        await bell.wait(2 * HANG)


async def test_an_old_ring_is_no_news() -> None:
    bell = Bell()
    bell.ring()
    bell.listen()
    waiting = asyncio.create_task(bell.wait(2 * HANG))
    await asyncio.sleep(0)
    assert not waiting.done()
    bell.ring()
    async with asyncio.timeout(HANG):
        await waiting


async def test_a_wait_ends_by_itself() -> None:
    await Bell().wait(0)


async def test_watchers_hear_of_progress_a_moment_later_and_of_much_of_it_once() -> None:
    bells, looks = Bells("jobs", shared=False, look=4 * HANG), 0

    async def watch() -> None:
        nonlocal looks
        while True:
            bells.keep_watching()
            looks += 1
            await bells.watch(None)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    async with asyncio.timeout(HANG):
        working = asyncio.create_task(bells.wait(2 * HANG))
        await asyncio.sleep(0)
        bells.call_workers()
        await working  # at once
        for _ in range(5):
            bells.tell_watchers()
            await asyncio.sleep(0)
        assert looks == 1
        await bells.watch(2 * HANG)
        bells.ring()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert looks == 3  # the second after five pieces of news
    watching.cancel()
    await asyncio.wait({watching})
