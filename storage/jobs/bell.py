"""A bell wakes all tasks that wait for it. No ring is lost between two waits of a task."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from weakref import WeakKeyDictionary


class Bell:
    """Each task listens before it reads the database. Any later ring ends its next wait at once."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self._heard: WeakKeyDictionary[asyncio.Task[object], asyncio.Event] = WeakKeyDictionary()

    def ring(self) -> None:
        """Wake all tasks that have listened."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()

    def mark(self) -> object:
        """Return an object that is another one after every ring."""
        return self._next

    def listen(self) -> None:
        """Forget earlier rings for the calling task."""
        self._heard[self._task()] = self._next

    def keep_listening(self) -> None:
        """Listen, unless the calling task does so already. Rings since then still count."""
        self._heard.setdefault(self._task(), self._next)

    async def wait(self, seconds: float) -> None:
        """Wait for a ring, or at most the given seconds, then listen again.

        A cancellation always gets through, even if the bell has just rung. `asyncio.wait_for` in Python 3.11 would
        return the result instead, and the cancelled task would never end.
        """
        self.keep_listening()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._heard[self._task()].wait()
        self.listen()

    def _task(self) -> asyncio.Task[object]:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can wait for a bell; call this from one")
        return task
