"""Whose turn it is to draw: one writer per message, and the time of the next edit in each chat."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias
from weakref import WeakValueDictionary

from bot.clock import Clock, SystemClock

MessageKey: TypeAlias = tuple[int, int]  # chat, message
CROWD = 4096  # chats whose next edit is remembered before the times that have passed are dropped


class Turns(Protocol):
    """What all that edits the bot's messages must agree on."""

    def drawing(self, message: MessageKey) -> AbstractAsyncContextManager[object]:
        """Lock a message while it is edited, so that no page's buttons end under another page's picture."""

    async def pause(self, chat_id: int) -> float:
        """Seconds until the next edit may go to a chat; 0 when it may go now."""

    async def edited(self, chat_id: int, pace: float) -> None:
        """Record an edit: the next one may follow `pace` seconds later."""


class LocalTurns:
    """The turns of a single program, kept in memory."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._next: dict[int, float] = {}
        self._locks: WeakValueDictionary[MessageKey, asyncio.Lock] = WeakValueDictionary()

    def drawing(self, message: MessageKey) -> AbstractAsyncContextManager[object]:
        return self._locks.setdefault(message, asyncio.Lock())

    async def pause(self, chat_id: int) -> float:
        return max(0.0, self._next.get(chat_id, 0.0) - self._clock.now())

    async def edited(self, chat_id: int, pace: float) -> None:
        now = self._clock.now()
        if len(self._next) >= CROWD:
            self._next = {chat: due for chat, due in self._next.items() if due > now}
        self._next[chat_id] = now + pace
