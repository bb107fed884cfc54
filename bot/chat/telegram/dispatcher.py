"""Carries updates from the inbox to the handlers.

Every update is in the database before Telegram is told that it arrived, and stays there until it was handled. One
person's updates are handled in their order and one at a time, so nobody can hold more than one place; places are given
to people in turn. A handler that fails because of an outage or of flood control is tried again later, and the person's
next updates wait for it. Writes are grouped: while one transaction runs, the next one collects all that happens.
Where several programs serve the same chats, one of them has a person's updates at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog
from telegram import Update

from bot.chat.telegram.arrivals import Arrival
from bot.chat.telegram.lanes import Entry, Lanes
from bot.chat.telegram.retry import may_pass, pause_before_retry, through_outages
from bot.clock import Clock, SystemClock
from bot.conditions import Conditions
from bot.metrics import UPDATES
from bot.outage import LONGEST, is_storage_outage
from storage.people.inbox import RENEW, Arrived, Inbox, Recorded, Unhandled

log = structlog.get_logger()

AT_ONCE = 64  # people whose updates are handled at the same time
DRAIN = 10.0  # seconds that handlers get to end when the program stops
MOST_TRIES = 10  # beginnings after which an update is given up, so that none can end the program again and again
SWEEP = 3600.0  # seconds between two deletions of old ids
PART = "inbox"

T = TypeVar("T")
Handle = Callable[[Update], Awaitable[None]]
GiveUp = Callable[[Update, Exception], Awaitable[None]]
Parse = Callable[[str], Update]


class TooManyTries(Exception):
    """The program ended too often while it handled this update."""


@dataclass
class Dispatcher:
    """Stores updates and handles them. `give_up` tells the person about a failure that no repetition mends.

    `parse` reads an update that an earlier run has stored as JSON.
    """

    inbox: Inbox
    parse: Parse
    handle: Handle
    give_up: GiveUp
    conditions: Conditions = field(default_factory=Conditions)
    clock: Clock = field(default_factory=SystemClock)
    lanes: Lanes = field(default_factory=lambda: Lanes(AT_ONCE))
    _arrivals: list[Arrival] = field(default_factory=list)
    _done: list[int] = field(default_factory=list)  # handled, and not yet recorded as such
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _pauses: set[asyncio.Task[None]] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _draining: bool = False

    async def receive(self, updates: Sequence[Update]) -> None:
        """Store updates. Returns when they are safe, so that Telegram may be told. It waits through an outage."""
        arrival = Arrival(updates)
        self._arrivals.append(arrival)
        self._news.set()
        await arrival.stored

    async def run(self) -> None:
        """Handle what an earlier run left, and what is received, until cancelled."""
        await self._through_outages(self._claim)
        while True:
            await self._news.wait()
            self._news.clear()
            async with self._writing:
                await self._step()

    async def share(self) -> None:
        """Take over what other programs leave, until cancelled."""
        while True:
            await self.inbox.wait()
            try:
                await self._claim()
            except Exception as error:
                if not is_storage_outage(error):
                    raise
                await self.clock.sleep(2 * RENEW)  # after an outage, those that live renew their claims first

    async def hold(self) -> None:
        """Keep the claims on what is queued here, until cancelled."""
        while True:
            await self.clock.sleep(RENEW)
            await self._through_outages(partial(self.inbox.renew, self.lanes.first))

    async def sweep(self) -> None:
        """Delete old ids now and then, until cancelled."""
        while True:
            await self.inbox.sweep()
            await self.clock.sleep(SWEEP)

    async def drain(self) -> None:
        """Begin nothing more, and let the running handlers end. What they do not end is handled by the next run."""
        self._draining = True
        late = set(self._pauses)
        if self._running:
            _, stubborn = await asyncio.wait(self._running, timeout=DRAIN)
            late |= stubborn
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN), self._writing:
                await self._step()
                await self._through_outages(self.inbox.release)

    async def _claim(self) -> None:
        if self._draining:
            return
        async with self._writing:
            for left in await self.inbox.claim():
                self._take_over(left)
        self._news.set()

    def _take_over(self, left: Unhandled) -> None:
        if left.update_id in self.lanes:
            return
        try:
            self.lanes.add(Entry(self.parse(left.body), left.tries))
        except Exception:  # another version has stored it
            log.exception("update.unreadable", update_id=left.update_id)
            self._done.append(left.update_id)

    async def _step(self) -> None:
        """Record what has come up since the last step in one transaction, and begin what has a place."""
        arrivals, self._arrivals = self._arrivals, []
        done, self._done = self._done, []
        new = self._queue(arrivals)
        begun = [] if self._draining else self.lanes.take()
        try:
            recorded = await self._record(new, begun, done)
        except BaseException as error:
            self._undo(arrivals, new, begun, done, error)
            raise
        UPDATES.inc(len(recorded.new))
        for entry in [*new, *begun]:
            if entry.id not in recorded.ours and entry.id in self.lanes:  # handled before, or another program has it
                self.lanes.drop(entry)
                self._news.set()  # the person's next update may begin now
        for entry in begun:
            if entry.id in self.lanes:
                self._start(self._carry(entry), self._running)
        for arrival in arrivals:
            arrival.settle()

    def _queue(self, arrivals: Sequence[Arrival]) -> list[Entry]:
        new = []
        for update in (update for arrival in arrivals for update in arrival.updates):
            if update.update_id not in self.lanes:
                new.append(Entry(update))
                self.lanes.add(new[-1])
        return new

    async def _record(self, new: Sequence[Entry], begun: Sequence[Entry], done: Sequence[int]) -> Recorded:
        if not (new or begun or done):
            return Recorded(set(), set())
        for entry in begun:
            entry.tries += 1
        arrived = {entry.id: Arrived(entry.person, entry.update.to_json()) for entry in new}
        tries = [entry.id for entry in begun]
        return await self._through_outages(lambda: self.inbox.record(arrived, tries, done))

    def _undo(
        self,
        arrivals: Sequence[Arrival],
        new: Sequence[Entry],
        begun: Sequence[Entry],
        done: Sequence[int],
        error: BaseException,
    ) -> None:
        """Restore what a step took that was not recorded. Telegram delivers the arrivals again."""
        for entry in begun:
            self.lanes.resume(entry)
        for entry in new:
            self.lanes.drop(entry)
        self._done += done
        self._news.set()
        for arrival in arrivals:
            arrival.settle(error)

    async def _carry(self, entry: Entry) -> None:
        """Handle an update, and either settle it or have it tried again after a pause."""
        pause = await self._outcome(entry)
        if pause is None:
            self._done.append(entry.id)
            self.lanes.leave(entry)
        else:
            self.lanes.pause(entry)
            self._start(self._resume(entry, pause), self._pauses)
        self._news.set()

    async def _resume(self, entry: Entry, seconds: float) -> None:
        await self.clock.sleep(seconds)
        self.lanes.resume(entry)
        self._news.set()

    async def _outcome(self, entry: Entry) -> float | None:
        """Handle an update. Returns None when it is settled, or the seconds after which it is tried again."""
        if entry.tries > MOST_TRIES:
            return await self._tell(entry, TooManyTries(f"update {entry.id} began {entry.tries} times"))
        try:
            await self.handle(entry.update)
        except Exception as error:
            pause = pause_before_retry(error, entry.tries, MOST_TRIES)
            if pause is None:
                return await self._tell(entry, error)
            log.info("update.postponed", update_id=entry.id, seconds=pause, reason=str(error))
            return pause
        return None

    async def _tell(self, entry: Entry, error: Exception) -> float | None:
        """Tell the person that it failed. While nobody can be told anything, the update waits."""
        try:
            await self.give_up(entry.update, error)
        except Exception as untold:
            if may_pass(untold):
                return LONGEST
            log.exception("update.untold", update_id=entry.id)
        return None

    def _start(self, work: Coroutine[None, None, None], tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _through_outages(self, work: Callable[[], Awaitable[T]]) -> T:
        return await through_outages(PART, work, self.conditions, self.clock)
