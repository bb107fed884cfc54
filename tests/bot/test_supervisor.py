"""Long-lived tasks come back after they fail, and only a fault that repeats ends the program."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from bot.conditions import Conditions
from bot.supervisor import MOST, Supervisor
from tests.support.limits import HANG
from tests.support.manual_clock import ManualClock


class Task:
    """Fails with the given errors one after another, then goes on for ever."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.starts = 0
        self.steady = asyncio.Event()

    async def run(self) -> None:
        self.starts += 1
        if self.errors:
            raise self.errors.pop(0)
        self.steady.set()
        await asyncio.Event().wait()


async def pass_time(clock: ManualClock, event: asyncio.Event | asyncio.Future[str]) -> None:
    async with asyncio.timeout(HANG):
        while not (event.is_set() if isinstance(event, asyncio.Event) else event.done()):
            clock.advance(0.25)
            await asyncio.sleep(0)


async def test_a_task_that_fails_is_started_again_and_what_is_wrong_is_known() -> None:
    clock, conditions, task = ManualClock(), Conditions(), Task(ValueError("bad luck"))
    supervisor = Supervisor(conditions, clock)
    async with AsyncExitStack() as stack:
        supervisor.start("clerk", task.run, stack)
        for _ in range(3):
            await asyncio.sleep(0)
        assert conditions.wrong == {"clerk": "ValueError: bad luck"}
        await pass_time(clock, task.steady)
    assert (task.starts, conditions.wrong, supervisor.broken.done()) == (2, {}, False)


async def test_an_outage_never_ends_the_program() -> None:
    clock, task = ManualClock(), Task(*[ConnectionRefusedError("down")] * 50)
    supervisor = Supervisor(clock=clock)
    async with AsyncExitStack() as stack:
        supervisor.start("clerk", task.run, stack)
        await pass_time(clock, task.steady)
    assert task.starts == 51
    assert not supervisor.broken.done()


async def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    begun = asyncio.Event()

    async def stubborn() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError("the clean-up failed") from None

    async with asyncio.timeout(HANG), AsyncExitStack() as stack:
        Supervisor(clock=ManualClock(), again=0.01).start("clerk", stubborn, stack)
        await begun.wait()


async def test_a_fault_that_repeats_within_a_minute_is_reported_as_broken() -> None:
    clock, task = ManualClock(), Task(*[ZeroDivisionError("division by zero")] * MOST)
    supervisor = Supervisor(clock=clock)
    async with AsyncExitStack() as stack:
        supervisor.start("clerk", task.run, stack)
        await pass_time(clock, supervisor.broken)
    assert supervisor.broken.result().startswith("«clerk» failed 5 times within a minute")
    assert "division by zero" in supervisor.broken.result()


async def test_work_that_returns_is_finished() -> None:
    done = asyncio.Event()

    async def once() -> None:
        assert not done.is_set()
        done.set()

    supervisor = Supervisor(clock=ManualClock())
    async with AsyncExitStack() as stack:
        supervisor.start("once", once, stack)
        await done.wait()
