"""A bell that wakes every task that waits for it, and that nobody misses."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from weakref import WeakKeyDictionary


class Bell:
    """A task listens before it looks; what rings from then on ends its next wait, even before that began."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self._heard: WeakKeyDictionary[asyncio.Task[object], asyncio.Event] = WeakKeyDictionary()

    def ring(self) -> None:
        rung, self._next = self._next, asyncio.Event()
        rung.set()

    def listen(self) -> None:
        """Only rings after this one matter to the task that calls."""
        self._heard[self._task()] = self._next

    def keep_listening(self) -> None:
        """The same for a task that has not listened yet; else what rang since it did still matters."""
        self._heard.setdefault(self._task(), self._next)

    async def wait(self, seconds: float) -> None:
        """Sleep until it rings, but at most so long; then listen anew.

        A cancellation always gets through, even when the bell has just rung: `asyncio.wait_for` of Python 3.11 returns
        the result instead, and the task that was to end goes on for ever.
        """
        self.keep_listening()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._heard[self._task()].wait()
        self.listen()

    def _task(self) -> asyncio.Task[object]:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a bell is heard by tasks; call it from one")
        return task
