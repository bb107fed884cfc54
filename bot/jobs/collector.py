"""Deletes the blobs that no row needs any more: those that are noted at once, and once a day those that nobody noted.

An outage of the store or of the database ends neither loop. They try again, at growing intervals.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from bot.jobs.loop import OUTAGE, to_its_end
from bot.services import Services
from storage.blobs import STORE_ERRORS
from storage.cleanup.sweep import DAILY, Sweep

log = structlog.get_logger()

LOOK = 60.0  # seconds between two looks at the notes that other programs write
SOONEST, LATEST = 1.0, 300.0  # seconds until the first and the later repetitions after an error
PAUSE = 0.02  # seconds between two steps of a search, which is never urgent and leaves the database to others
HOURLY = 3600.0  # seconds between two looks whether a search is due


@dataclass
class Collector:
    """The two loops that clean the store."""

    services: Services
    sweep: Sweep
    soonest: float = SOONEST
    pause: float = PAUSE

    async def run(self) -> None:
        """Settle notes when somebody asks, and every LOOK seconds, until cancelled."""
        while True:
            await self._until_done(self._round)
            await self.services.rounds.wait(LOOK)

    async def search(self) -> None:
        """Search the store now and then daily, until cancelled."""
        every = timedelta()
        try:
            while True:
                await self._until_done(partial(self.search_once, every))
                every = DAILY
                await asyncio.sleep(HOURLY)
        finally:
            await self.sweep.stop()

    async def collect(self) -> int:
        """Settle all notes that are due. Returns their number."""
        count = 0
        while lot := await to_its_end(self.services.shelf.settle_lot()):
            count += lot
        return count

    async def search_once(self, every: timedelta = timedelta()) -> bool:
        """Search the store unless a search ended less than `every` ago. Returns False if it is not this one's turn."""
        if not await self.sweep.begin(every):
            return False
        more = True
        while more:
            more = await self.sweep.step()
            await asyncio.sleep(self.pause)
        self.services.rounds.ring()
        return True

    async def _round(self) -> None:
        begun = self.services.rounds.begin()
        await self.services.guests.sweep()
        await self.collect()
        await self.services.store.forget_spent()
        await self.services.rounds.end(begun)

    async def _until_done(self, act: Callable[[], Awaitable[object]]) -> None:
        pause = self.soonest
        while True:
            try:
                await act()
                return
            except Exception as error:
                outage = isinstance(error, (*OUTAGE, *STORE_ERRORS))
                reason = str(error).partition("\n")[0]
                log.warning("collector.failed", reason=reason, again_in=pause, exc_info=not outage)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LATEST)
