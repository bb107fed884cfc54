"""No update is lost, none overtakes another of the same person, and nobody holds up anybody else."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Update
from telegram.error import BadRequest, NetworkError, RetryAfter

from bot.chat.telegram.dispatcher import MOST_TRIES, Dispatcher, TooManyTries
from bot.chat.telegram.lanes import Lanes
from bot.conditions import Conditions
from storage.jobs.news import News
from storage.people.inbox import Inbox, Recorded
from tests.support.limits import HANG
from tests.support.manual_clock import ManualClock

ANN, BEN = 7, 8
LOOK = 0.05  # seconds between two looks for what other programs leave
LOCKED = OperationalError("INSERT", {}, Exception("database is locked"))


def said(number: int, person: int = ANN) -> Update:
    user = {"id": person, "is_bot": False, "first_name": "A"}
    chat = {"id": person, "type": "private"}
    message = {"message_id": number, "date": 1, "chat": chat, "from": user, "text": f"{number}"}
    update = Update.de_json({"update_id": number, "message": message}, None)
    assert update is not None
    return update


@dataclass
class Handler:
    """Handles updates as a test tells it, and records what it did."""

    begun: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    told: list[tuple[int, Exception]] = field(default_factory=list)
    errors: dict[int, list[Exception]] = field(default_factory=dict)
    gates: dict[int, asyncio.Event] = field(default_factory=dict)
    mute: list[Exception] = field(default_factory=list)  # raised when the person is to be told
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, update: Update) -> None:
        number = update.update_id
        self.begun.append(number)
        self.news.set()
        if number in self.gates:
            await self.gates[number].wait()
        if errors := self.errors.get(number):
            raise errors.pop(0)
        self.ended.append(number)
        self.news.set()

    async def give_up(self, update: Update, error: Exception) -> None:
        if self.mute:
            raise self.mute.pop(0)
        self.told.append((update.update_id, error))
        self.news.set()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(HANG):
            while not true():
                self.news.clear()
                await self.news.wait()


class FailingInbox(Inbox):
    """A database that does not answer while `down`."""

    down = False

    async def record(self, *what: object, **more: object) -> Recorded:
        if self.down:
            raise LOCKED
        return await super().record(*what, **more)  # type: ignore[arg-type]


@dataclass
class Desk:
    """A dispatcher on a real database, which runs until the context ends."""

    engine: AsyncEngine
    inbox: FailingInbox
    handler: Handler
    clock: ManualClock
    conditions: Conditions
    dispatcher: Dispatcher

    async def open_ids(self) -> set[int]:
        async with self.engine.connect() as connection:
            return set(await connection.scalars(text("SELECT update_id FROM inbox WHERE handled_at IS NULL")))

    async def pass_time(self, true: Callable[[], bool]) -> None:
        """Let time pass until something is true."""
        async with asyncio.timeout(HANG):
            while not true():
                self.clock.advance(1.0)
                await asyncio.sleep(0)


AtWork: TypeAlias = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def at_work(engine: AsyncEngine) -> AtWork:
    @asynccontextmanager
    async def work(
        handler: Handler, places: int = 64, *, kill: bool = False, alone: bool = True
    ) -> AsyncIterator[Desk]:
        inbox, clock, conditions = FailingInbox(engine, News(engine, LOOK)), ManualClock(), Conditions()
        if alone:
            await inbox.free()
        dispatcher = Dispatcher(
            inbox,
            parse=lambda body: Update.de_json(json.loads(body), None),
            handle=handler.handle,
            give_up=handler.give_up,
            conditions=conditions,
            clock=clock,
            lanes=Lanes(places),
        )
        running = [asyncio.create_task(work()) for work in (dispatcher.run, dispatcher.share, dispatcher.hold)]
        try:
            yield Desk(engine, inbox, handler, clock, conditions, dispatcher)
            if not kill:
                await dispatcher.drain()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            left = dispatcher._running | dispatcher._pauses
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    return work


async def test_a_persons_updates_are_handled_in_their_order_and_recorded(at_work: AtWork) -> None:
    handler = Handler()
    async with at_work(handler) as desk:
        await desk.dispatcher.receive([said(n) for n in range(1, 9)])
        await handler.until(lambda: len(handler.ended) == 8)
    assert handler.begun == handler.ended == list(range(1, 9))
    assert await desk.open_ids() == set()


async def test_nobody_holds_more_than_one_place_and_places_go_round(at_work: AtWork) -> None:
    handler = Handler(gates={n: asyncio.Event() for n in range(1, 301)})
    async with at_work(handler, places=2) as desk:
        await desk.dispatcher.receive([said(n) for n in range(1, 301)])
        await desk.dispatcher.receive([said(1000, BEN)])
        await handler.until(lambda: 1000 in handler.ended)
        assert handler.begun == [1, 1000]
        for gate in handler.gates.values():
            gate.set()
        await handler.until(lambda: len(handler.ended) == 301)


async def test_an_update_is_stored_before_it_is_confirmed_and_once(at_work: AtWork) -> None:
    handler = Handler(gates={1: asyncio.Event()})
    async with at_work(handler, kill=True) as desk:
        await desk.dispatcher.receive([said(1), said(2)])
        assert await desk.open_ids() == {1, 2}
        await desk.dispatcher.receive([said(1), said(2)])
        await handler.until(lambda: handler.begun == [1])
    again = Handler()
    async with at_work(again) as desk:  # after a kill
        await again.until(lambda: again.ended == [1, 2])
        await desk.dispatcher.receive([said(1), said(2), said(3)])  # Telegram delivers two of them once more
        await again.until(lambda: 3 in again.ended)
    assert again.begun == [1, 2, 3]


async def test_what_has_not_begun_costs_no_try_at_a_restart(at_work: AtWork) -> None:
    for _ in range(MOST_TRIES + 2):
        stuck = Handler(gates={1: asyncio.Event()})
        async with at_work(stuck, kill=True) as desk:
            await desk.dispatcher.receive([said(1), said(2)])
            await stuck.until(lambda stuck=stuck: bool(stuck.begun or stuck.told))
            if stuck.told:
                break
    assert [number for number, _ in stuck.told] == [1]
    assert isinstance(stuck.told[0][1], TooManyTries)
    well = Handler()
    async with at_work(well):
        await well.until(lambda: well.ended == [2])


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (NetworkError("Bad Gateway"), 0.5),
        (LOCKED, 0.5),
        (OSError(28, "No space left on device"), 0.5),
        (RetryAfter(15), 15.0),
    ],
    ids=["5xx", "locked", "full", "flood"],
)
async def test_what_passes_is_tried_again_before_the_persons_next_update(
    at_work, error: Exception, pause: float
) -> None:  # type: ignore[no-untyped-def]
    handler = Handler(errors={1: [error]})
    async with at_work(handler) as desk:
        await desk.dispatcher.receive([said(1), said(2), said(10, BEN)])
        await handler.until(lambda: 10 in handler.ended)
        assert 2 not in handler.begun
        await desk.pass_time(lambda: 2 in handler.ended)
        assert desk.clock.now() >= pause
    assert handler.ended == [10, 1, 2]
    assert handler.told == []


async def test_what_fails_for_good_is_told_and_the_next_goes_on(at_work: AtWork) -> None:
    handler = Handler(errors={1: [BadRequest("Wrong file identifier")], 2: [ZeroDivisionError()]})
    async with at_work(handler) as desk:
        await desk.dispatcher.receive([said(n) for n in (1, 2, 3)])
        await handler.until(lambda: 3 in handler.ended)
    assert [(number, type(error)) for number, error in handler.told] == [(1, BadRequest), (2, ZeroDivisionError)]
    assert await desk.open_ids() == set()


async def test_an_update_that_times_out_every_time_is_given_up_and_its_person_told(at_work: AtWork) -> None:
    handler = Handler(errors={1: [NetworkError("Timed out")] * 99}, mute=[NetworkError("Bad Gateway")])
    async with at_work(handler) as desk:
        await desk.dispatcher.receive([said(1), said(2)])
        await desk.pass_time(lambda: 2 in handler.ended)
    assert Counter(handler.begun)[1] == MOST_TRIES
    assert [number for number, _ in handler.told] == [1]  # at the second attempt, because the first could not be sent


async def test_a_database_that_does_not_answer_delays_and_loses_nothing(at_work: AtWork) -> None:
    handler = Handler()
    async with at_work(handler) as desk:
        desk.inbox.down = True
        received = asyncio.create_task(desk.dispatcher.receive([said(1)]))
        await desk.pass_time(lambda: bool(desk.conditions.wrong))
        assert desk.conditions.wrong == {"inbox": str(LOCKED).splitlines()[0]}
        assert not received.done()
        desk.inbox.down = False
        await desk.pass_time(lambda: handler.ended == [1])
        await received
    assert desk.conditions.wrong == {}


async def test_a_stop_waits_for_what_runs_and_begins_nothing_more(at_work: AtWork) -> None:
    gate = asyncio.Event()
    handler = Handler(gates={1: gate})
    async with at_work(handler) as desk:
        await desk.dispatcher.receive([said(1), said(2)])
        await handler.until(lambda: handler.begun == [1])
        draining = asyncio.create_task(desk.dispatcher.drain())
        await asyncio.sleep(0)
        gate.set()
        await draining
        assert handler.ended == [1]
    assert await desk.open_ids() == {2}


async def test_programs_side_by_side_handle_a_persons_updates_one_by_one_and_once(at_work: AtWork) -> None:
    """A webhook's proxy gives the updates of one person to several programs, and Telegram repeats some of them."""
    handler = Handler(gates={n: asyncio.Event() for n in range(1, 13)})
    async with at_work(handler) as one, at_work(handler, alone=False) as other:
        desks = [one, other]
        for number in range(1, 13):
            await desks[number % 2].dispatcher.receive([said(number)])
            await desks[(number + 1) % 2].dispatcher.receive([said(number)])
        for number in range(1, 13):
            await handler.until(lambda number=number: number in handler.begun)
            assert handler.begun == [*handler.ended, number]
            handler.gates[number].set()
        await handler.until(lambda: len(handler.ended) == 12)
    assert handler.ended == list(range(1, 13))
    assert await one.open_ids() == set()


async def test_what_a_program_leaves_at_its_end_goes_to_another(at_work: AtWork) -> None:
    handler = Handler(gates={1: asyncio.Event()})
    async with at_work(handler) as one:
        await one.dispatcher.receive([said(1), said(2), said(10, BEN)])
        await handler.until(lambda: 10 in handler.ended)
        async with at_work(handler, alone=False) as other:
            await other.dispatcher.receive([said(3)])
            draining = asyncio.create_task(one.dispatcher.drain())
            await asyncio.sleep(0)
            handler.gates[1].set()
            await draining
            await handler.until(lambda: 3 in handler.ended)
    assert handler.ended == [10, 1, 2, 3]


async def test_an_update_that_comes_late_is_handled_before_those_that_have_not_begun(at_work: AtWork) -> None:
    handler = Handler(gates={1: asyncio.Event()})
    async with at_work(handler) as desk:
        await desk.dispatcher.receive([said(1), said(4)])
        await handler.until(lambda: handler.begun == [1])
        await desk.dispatcher.receive([said(3), said(2)])
        handler.gates[1].set()
        await handler.until(lambda: len(handler.ended) == 4)
    assert handler.ended == [1, 2, 3, 4]
