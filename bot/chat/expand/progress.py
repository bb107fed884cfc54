"""The status message: true place in the queue, a bar, an estimate; edited within Telegram's limits."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.chat.buttons.result import Cancel
from bot.chat.cards.status import running_caption, waiting_caption
from bot.chat.cards.widgets import button, language_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.visit import Bot
from bot.services import Services
from storage.models import Expansion, Status

log = structlog.get_logger()

PRIVATE_PACE, GROUP_PACE = 1.5, 6.0  # seconds between edits in one chat: a group may see 20 messages a minute, all told


@dataclass
class StatusBoard:
    """Keeps every status message true: one edit per chat at a time, at its pace; late ones are dropped."""

    services: Services
    bot: Bot
    private_pace: float = PRIVATE_PACE
    group_pace: float = GROUP_PACE
    _due: dict[int, dict[int, float | None]] = field(default_factory=lambda: defaultdict(dict))
    _pumps: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _locks: dict[int, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def progressed(self, expansion: Expansion, fraction: float) -> None:
        self._ask(expansion, fraction)

    async def moved(self) -> None:
        """The queue went forward: everyone who waits has a new place."""
        for expansion in await self.services.store.waiting():
            self._ask(expansion, None)

    def settled(self, expansion: Expansion) -> asyncio.Lock:
        """Nothing more to say of this expansion's progress. Hold the lock while its result is put in place."""
        self._due[expansion.chat_id].pop(expansion.id, None)
        return self._locks[expansion.chat_id]

    async def close(self) -> None:
        pumps = list(self._pumps.values())
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    def _ask(self, expansion: Expansion, fraction: float | None) -> None:
        chat = expansion.chat_id
        self._due[chat][expansion.id] = fraction
        if chat not in self._pumps:
            self._pumps[chat] = asyncio.create_task(self._pump(chat))

    async def _pump(self, chat: int) -> None:
        try:
            while due := self._due[chat]:
                expansion_id, fraction = due.popitem()
                async with self._locks[chat]:
                    await self._show(expansion_id, fraction)
                await asyncio.sleep(self.private_pace if chat > 0 else self.group_pace)
        finally:
            del self._pumps[chat]
            self._due.pop(chat, None)

    async def _show(self, expansion_id: int, fraction: float | None) -> None:
        expansion = await self.services.store.expansion(expansion_id)
        if expansion is None or expansion.message_id is None or expansion.status.final:
            return
        say = await language_of(self.services, expansion)
        expansions = await self.services.store.batch(expansion.batch) if expansion.batch else [expansion]
        if any(e.status is Status.DONE for e in expansions) and fraction is None:
            return
        if expansion.status is Status.RUNNING:
            caption = await running_caption(self.services, say, expansions, fraction or 0.0)
        else:
            caption = await waiting_caption(self.services, say, expansions)
        markup = InlineKeyboardMarkup([[button(say("status.cancel"), Cancel(expansion.id))]])
        request = self.bot.edit_message_caption(
            expansion.chat_id, expansion.message_id, caption=caption, parse_mode="HTML", reply_markup=markup
        )
        try:
            await edit(request)
        except TelegramError as error:
            log.info("status.dropped", expansion=expansion.id, reason=str(error))
