"""Builds the caption and buttons of the messages that show pictures, and updates them when votes or titles change."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog
from telegram.error import TelegramError

from bot.chat.cards.gallery import gallery_card
from bot.chat.cards.result import Card, result_card
from bot.chat.cards.widgets import language_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.outbox import Outbox, Rank
from bot.chat.telegram.outcome import fate_of
from bot.chat.telegram.visit import Bot
from bot.services import Services
from bot.turns import MessageKey
from storage.models import Message, MessageKind

log = structlog.get_logger()

AGAIN = 60.0  # seconds after which messages that were not redrawn are looked up


async def redraw(services: Services, bot: Bot, where: MessageKey) -> None:
    """Update the caption and the buttons of a message, but not its picture. The caller holds the message's lock."""
    shown = await services.messages.message(*where)
    card = await card_of(services, bot, shown) if shown is not None else None
    if card is not None:
        await _put(bot, where, card)
    if shown is not None and shown.outdated_at is not None:
        await services.messages.redrawn(shown)


async def _put(bot: Bot, where: MessageKey, card: Card) -> None:
    """Update a message. A refusal is final, and only logged; after an outage the caller tries again later."""
    caption, markup = card
    try:
        await edit(bot.edit_message_caption(*where, caption=caption, parse_mode="HTML", reply_markup=markup))
    except TelegramError as error:
        if fate_of(error).passes:
            raise
        log.info("redraw.refused", message=where, reason=str(error))


async def card_of(services: Services, bot: Bot, shown: Message) -> Card | None:
    """Return the current caption and keyboard of a message, or None if it shows no finished expansion (any more)."""
    if shown.kind is MessageKind.GALLERY:
        return await _gallery(services, bot.username, shown)
    expansion = await services.store.expansion(shown.expansion_id) if shown.expansion_id is not None else None
    if expansion is None or expansion.result is None:
        return None
    say = await language_of(services, expansion)
    if shown.kind.tells_counts:
        before = shown.kind is MessageKind.BEFORE
        return await result_card(services, say, bot, expansion, shown.chat_id, before=before)
    return None


async def _gallery(services: Services, username: str, shown: Message) -> Card | None:
    row = await services.galleries.gallery_in(shown.chat_id, shown.message_id)
    post = await services.gallery.post(row.post_id) if row is not None and row.post_id is not None else None
    if row is None or post is None:
        return None
    return await gallery_card(services, username, await language_of(services, row), row, post)


@dataclass
class Redrawing:
    """Passes every message that is reported as changed to the outbox, and first those that an earlier run left."""

    services: Services
    bot: Bot
    outbox: Outbox

    async def run(self) -> None:
        """Read the queue of changed messages until cancelled. What was not redrawn is looked up now and then."""
        while True:
            await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN):
                    while True:
                        self._ask(await self.services.changed.get())

    async def _look(self) -> None:
        for where in await self.services.messages.outdated():
            self._ask(where)

    def _ask(self, where: MessageKey) -> None:
        self.outbox.ask(where, Rank.COUNTS, partial(redraw, self.services, self.bot, where))
