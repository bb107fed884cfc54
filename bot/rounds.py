"""Connects a loop that works in rounds with tasks that wait for the end of a round."""

from __future__ import annotations

import asyncio
from contextlib import suppress

PATIENCE = 3.0  # seconds that somebody who asks for a round waits for it


class Rounds:
    """The rounds of one loop in this program. The loop also works when nobody asks."""

    def __init__(self) -> None:
        self._asked = self._served = 0
        self._rung, self._ended = asyncio.Event(), asyncio.Condition()

    def ring(self) -> None:
        """Let the next round begin soon."""
        self._asked += 1
        self._rung.set()

    async def caught_up(self, patience: float = PATIENCE) -> bool:
        """Ask for a round and wait until it has ended, at most `patience` seconds. Returns whether it has."""
        self.ring()
        mine = self._asked
        with suppress(TimeoutError):
            async with asyncio.timeout(patience), self._ended:
                await self._ended.wait_for(lambda: self._served >= mine)
                return True
        return False

    # for the loop

    def begin(self) -> int:
        """Begin a round. It serves everybody who has asked before."""
        self._rung.clear()
        return self._asked

    async def end(self, begun: int) -> None:
        """End the round that `begin` began."""
        async with self._ended:
            self._served = begun
            self._ended.notify_all()

    async def wait(self, seconds: float) -> None:
        """Wait until somebody asks, at most the given seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
