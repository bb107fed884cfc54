"""Paces the calls to the Bot API, and waits out its flood control for the chat that it concerns alone.

Telegram allows about 30 messages a second in all, and 20 a minute in a group (core.telegram.org/bots/faq). When it
answers 429 all the same, calls of that method to that chat wait as long as it says, and all other chats go on.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.chat.telegram.outcome import pause_of
from bot.clock import Clock, SystemClock

log = structlog.get_logger()

OVERALL, SECOND = 30, 1.0
IN_GROUP, MINUTE = 20, 60.0
LONGEST_WAIT = 60.0  # seconds; a longer flood is reported to the caller, who keeps the work for later
CROWD = 4096  # chats that are remembered before those that wait for nothing are dropped

Answer: TypeAlias = bool | dict[str, Any] | list[dict[str, Any]]
Key: TypeAlias = tuple[int | str, str]  # chat and method


@dataclass
class Bucket:
    """`most` calls at once, then one in each `seconds / most` (the generic cell rate algorithm, ITU-T I.371)."""

    most: float
    seconds: float
    _full: float = 0.0  # when the calls so far would have come one by one

    def take(self, now: float) -> float:
        """Reserve the next free place, and return the seconds until it."""
        interval = self.seconds / self.most
        full = max(self._full, now)
        self._full = full + interval
        return max(0.0, full - max(0.0, self.most - 1) * interval - now)

    def until_half_free(self, now: float) -> float:
        """Return the seconds until half of the places are free."""
        return max(0.0, self._full - now - self.seconds / 2)

    def idle(self, now: float) -> bool:
        """Whether the bucket is as good as new."""
        return self._full <= now


class Limiter(BaseRateLimiter[Any]):
    """The rate limiter of python-telegram-bot for one bot in one process. Times come from an injected clock."""

    def __init__(
        self, clock: Clock | None = None, longest_wait: float = LONGEST_WAIT, overall: float = OVERALL
    ) -> None:
        self._clock = clock or SystemClock()
        self._longest = longest_wait
        self._all = Bucket(overall, SECOND)
        self._groups: dict[int, Bucket] = {}
        self._floods: dict[Key, float] = {}  # when calls of a method to a chat are welcome again

    def pace(self, overall: float) -> None:
        """Make at most so many calls a second from now on, whatever the chats."""
        self._all.most = overall

    def until_room(self) -> float:
        """Return the seconds until calls that may wait do not delay others: they leave half of the places free."""
        return self._all.until_half_free(self._clock.now())

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Any | None,
    ) -> Answer:
        """Call when the pace allows it. Raises RetryAfter if Telegram wants a longer pause than `longest_wait`."""
        chat = data.get("chat_id")
        if chat is None:  # answers to taps, the menu, files: not counted by Telegram's flood control
            return await callback(*args, **kwargs)
        key = (chat, endpoint)
        waited = 0.0
        while True:
            waited += await self._await_flood(key)
            await self._await_pace(chat, endpoint)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as flood:
                pause = pause_of(flood)
                log.info("telegram.flood", chat=chat, method=endpoint, seconds=pause)
                self._floods[key] = self._clock.now() + pause
                if waited + pause > self._longest:
                    raise

    async def _await_flood(self, key: Key) -> float:
        waited = 0.0
        while (pause := self._floods.get(key, 0.0) - self._clock.now()) > 0:
            await self._clock.sleep(pause)
            waited += pause
        self._floods.pop(key, None)
        return waited

    async def _await_pace(self, chat: int | str, endpoint: str) -> None:
        if not endpoint.startswith(("send", "edit", "copy", "forward")) or endpoint == "sendChatAction":
            return
        now = self._clock.now()
        if isinstance(chat, int) and chat < 0:
            await self._clock.sleep(self._group(chat, now).take(now))
        now = self._clock.now()
        await self._clock.sleep(self._all.take(now))

    def _group(self, chat: int, now: float) -> Bucket:
        if len(self._groups) >= CROWD:
            self._groups = {one: bucket for one, bucket in self._groups.items() if not bucket.idle(now)}
        return self._groups.setdefault(chat, Bucket(IN_GROUP, MINUTE))
