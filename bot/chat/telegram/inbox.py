"""Updates on their way in: written down before they are acknowledged, one at a time for each person or channel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any
from weakref import WeakValueDictionary

import telegram
from telegram.ext import BaseUpdateProcessor

from bot.metrics import UPDATES
from storage.people.inbox import Inbox

AT_ONCE = 256


class DurableQueue(asyncio.Queue[object]):
    """PTB's update queue. The Updater confirms an update only after `put` has returned, so it is written down first."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self.inbox = inbox

    async def put(self, item: object) -> None:
        if not isinstance(item, telegram.Update) or await self.inbox.add(item.update_id, item.to_json()):
            UPDATES.inc()
            await super().put(item)

    async def recover(self, bot: telegram.Bot) -> None:
        """Queue again what the last run left unhandled."""
        for body in await self.inbox.left_over():
            await super().put(telegram.Update.de_json(json.loads(body), bot))


class InOrder(BaseUpdateProcessor):
    """Many people at once, each person's updates in their order; each is forgotten when it has been handled."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(AT_ONCE)
        self.inbox = inbox
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        lock = self._locks.setdefault(_whose(update), asyncio.Lock())
        async with lock:
            await coroutine
        if isinstance(update, telegram.Update):
            await self.inbox.done(update.update_id)

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...


def _whose(update: object) -> int:
    """The person who says it; the chat where that is nobody, or where what is said is of the chat itself."""
    if not isinstance(update, telegram.Update):
        return 0
    who = update.effective_chat if update.my_chat_member else update.effective_user or update.effective_chat
    return who.id if who is not None else 0
