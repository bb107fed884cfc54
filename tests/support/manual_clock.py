"""A clock that a test moves, so that nothing waits for real."""

from __future__ import annotations

import asyncio


class ManualClock:
    """Implements bot.clock.Clock: time passes only by `advance`."""

    def __init__(self) -> None:
        self._now = 0.0
        self._moved = asyncio.Event()
        self.asleep = asyncio.Event()  # set while somebody waits for time to pass

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        until = self._now + seconds
        while self._now < until:
            self.asleep.set()
            await self._moved.wait()

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self.asleep.clear()
        self._moved.set()
        self._moved = asyncio.Event()
