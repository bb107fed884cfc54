"""The pixel budget is never exceeded, is granted in order, and is released however the work ends."""

from __future__ import annotations

import asyncio
from threading import Event, Lock

import pytest

from inference.image.budget import PixelBudget


class Decoders:
    """Work that blocks until it is released, and counts how much runs at the same time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.started: list[int] = []
        self._lock, self._go = Lock(), Event()

    def work(self, pixels: int) -> int:
        with self._lock:
            self.now += pixels
            self.most = max(self.most, self.now)
            self.started.append(pixels)
        assert self._go.wait(30)
        with self._lock:
            self.now -= pixels
        return pixels

    def let_go(self) -> None:
        self._go.set()


@pytest.fixture
def decoders() -> Decoders:
    return Decoders()


async def until_idle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_more_than_the_budget_is_in_flight(decoders: Decoders) -> None:
    budget = PixelBudget(60)
    decoders.let_go()
    asked = [budget.run(pixels, decoders.work, pixels) for pixels in (50, 30, 30, 49, 1, 11, 60, 7) * 5]
    assert await asyncio.gather(*asked) == [50, 30, 30, 49, 1, 11, 60, 7] * 5
    assert decoders.most <= 60


async def test_a_small_one_does_not_overtake_a_large_one_for_ever(decoders: Decoders) -> None:
    budget, order = PixelBudget(60), []
    first = asyncio.create_task(budget.run(40, decoders.work, 40))
    large = asyncio.create_task(budget.run(50, order.append, "large"))
    small = asyncio.create_task(budget.run(10, order.append, "small"))
    await until_idle()
    assert order == []
    decoders.let_go()
    await asyncio.gather(first, large, small)
    assert sorted(order) == ["large", "small"]


async def test_what_is_larger_than_the_budget_gets_all_of_it(decoders: Decoders) -> None:
    budget = PixelBudget(60)
    decoders.let_go()
    asked = [budget.run(pixels, decoders.work, pixels) for pixels in (200, 200)]
    assert await asyncio.gather(*asked) == [200, 200]
    assert decoders.most == 200


async def test_an_error_gives_its_share_back() -> None:
    budget = PixelBudget(60)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await budget.run(60, lambda: 1 // 0)
    assert await budget.run(60, lambda: 7) == 7


async def test_a_cancelled_one_holds_its_share_while_its_thread_runs(decoders: Decoders) -> None:
    budget = PixelBudget(60)
    running = asyncio.create_task(budget.run(60, decoders.work, 60))
    await until_idle()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    following = asyncio.create_task(budget.run(1, decoders.work, 1))
    await until_idle()
    assert 1 not in decoders.started
    decoders.let_go()
    assert await following == 1
    assert decoders.most == 60


async def test_one_that_is_cancelled_while_it_waits_lets_the_next_one_go(decoders: Decoders) -> None:
    budget = PixelBudget(60)
    first = asyncio.create_task(budget.run(40, decoders.work, 40))
    await until_idle()
    waiting = asyncio.create_task(budget.run(60, decoders.work, 60))
    small = asyncio.create_task(budget.run(20, lambda: "small"))
    await until_idle()
    waiting.cancel()
    assert await small == "small"
    decoders.let_go()
    assert await first == 40
    assert 60 not in decoders.started
