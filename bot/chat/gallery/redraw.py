"""Builds the caption and buttons of the messages that show pictures, and updates them when votes or titles change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from telegram import InlineKeyboardMarkup

from bot.chat.cards.gallery import gallery_card
from bot.chat.cards.mine import mine_at, mine_card
from bot.chat.cards.result import result_caption, result_keyboard
from bot.chat.cards.widgets import language_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.outbox import Outbox, Rank
from bot.chat.telegram.visit import Bot
from bot.services import Services
from bot.turns import MessageKey
from storage.models import Message, MessageKind

Card = tuple[str, InlineKeyboardMarkup]


async def redraw(services: Services, bot: Bot, where: MessageKey) -> None:
    """Update the caption and the buttons of a message, but not its picture. The caller holds the message's lock."""
    shown = await services.messages.message(*where)
    card = await card_of(services, bot.username, shown) if shown is not None else None
    if card is not None:
        caption, markup = card
        await edit(bot.edit_message_caption(*where, caption=caption, parse_mode="HTML", reply_markup=markup))


async def card_of(services: Services, username: str, shown: Message) -> Card | None:
    """Return the current caption and keyboard of a message, or None if it shows no finished expansion (any more)."""
    if shown.kind is MessageKind.GALLERY:
        return await _gallery(services, username, shown)
    expansion = await services.store.expansion(shown.expansion_id) if shown.expansion_id is not None else None
    if expansion is None or expansion.result is None:
        return None
    say = await language_of(services, expansion)
    if shown.kind is MessageKind.MINE:
        return await mine_card(services, say, await mine_at(services, expansion.person_id, expansion.id))
    if shown.kind in (MessageKind.RESULT, MessageKind.BEFORE):
        before = shown.kind is MessageKind.BEFORE
        markup = await result_keyboard(services, say, expansion, shown.chat_id, before=before)
        return await result_caption(services, say, expansion), markup
    return None


async def _gallery(services: Services, username: str, shown: Message) -> Card | None:
    row = await services.galleries.gallery_in(shown.chat_id, shown.message_id)
    post = await services.gallery.post(row.post_id) if row is not None and row.post_id is not None else None
    if row is None or post is None:
        return None
    return await gallery_card(services, username, await language_of(services, row), row, post)


@dataclass
class Redrawing:
    """Passes every message that is reported as changed to the outbox."""

    services: Services
    bot: Bot
    outbox: Outbox

    async def run(self) -> None:
        """Read the queue of changed messages until cancelled."""
        while True:
            where = await self.services.changed.get()
            self.outbox.ask(where, Rank.COUNTS, partial(redraw, self.services, self.bot, where))
