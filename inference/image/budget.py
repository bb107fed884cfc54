"""Limits the number of pixels that are decoded at the same time, so that many large photos take bounded memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, ParamSpec, TypeVar

PIXELS: Final = 60_000_000  # enough for the largest photo and a few small ones
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class PixelBudget:
    """A budget of pixels, granted in the order of the requests.

    An image that is larger than the whole budget takes all of it and runs alone.
    """

    def __init__(self, pixels: int = PIXELS) -> None:
        self._all = self._left = pixels
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def run(
        self,
        pixels: int,
        work: Callable[Parameters, Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """Run `work` in a thread as soon as the budget has `pixels` left, and return its result.

        The share is returned when the thread ends and not earlier, because cancelling the caller does not stop a
        decoder.
        """
        share = min(pixels, self._all)
        await self._take(share)
        running = asyncio.get_running_loop().run_in_executor(None, partial(work, *args, **kwargs))
        running.add_done_callback(lambda done: self._ended(share, done))
        return await asyncio.shield(running)

    async def _take(self, share: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((share, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._admit()  # the next request no longer has to wait for this one
            else:
                self._give_back(share)
            raise

    def _admit(self) -> None:
        while self._waiting:
            share, turn = self._waiting[0]
            if not turn.done():
                if share > self._left:
                    return
                self._left -= share
                turn.set_result(None)
            self._waiting.popleft()

    def _give_back(self, share: int) -> None:
        self._left += share
        self._admit()

    def _ended(self, share: int, done: asyncio.Future[Result]) -> None:
        if not done.cancelled():
            done.exception()  # retrieved, so that asyncio does not complain when no caller waits for it
        self._give_back(share)
