"""What is written under a picture of ours, wherever it is shown, and keeping it true when votes or titles change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.chat.cards.gallery import gallery_card
from bot.chat.cards.mine import mine_at, mine_card
from bot.chat.cards.result import result_caption, result_keyboard
from bot.chat.cards.widgets import language_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.visit import Bot
from bot.services import MessageKey, Services
from storage.models import Message

log = structlog.get_logger()

PRIVATE_PACE, GROUP_PACE = 1.0, 6.0  # seconds between edits in one chat: a group may see 20 messages a minute, all told

Card = tuple[str, InlineKeyboardMarkup]


async def redraw(services: Services, bot: Bot, where: MessageKey) -> None:
    """Bring the caption and the buttons of a message up to date; its picture stays."""
    async with services.hand_on(where):
        shown = await services.messages.message(*where)
        card = await card_of(services, bot.username, shown) if shown is not None else None
        if card is not None:
            caption, markup = card
            await edit(bot.edit_message_caption(*where, caption=caption, parse_mode="HTML", reply_markup=markup))


async def card_of(services: Services, username: str, shown: Message) -> Card | None:
    """None for what shows no finished expansion (any more)."""
    if shown.kind == "gallery":
        return await _gallery(services, username, shown)
    expansion = await services.store.expansion(shown.expansion_id) if shown.expansion_id is not None else None
    if expansion is None or expansion.result is None:
        return None
    say = await language_of(services, expansion)
    if shown.kind == "mine":
        return await mine_card(services, say, await mine_at(services, expansion.person_id, expansion.id))
    if shown.kind in ("result", "before"):
        markup = await result_keyboard(services, say, expansion, before=shown.kind == "before")
        return await result_caption(services, say, expansion), markup
    return None


async def _gallery(services: Services, username: str, shown: Message) -> Card | None:
    row = await services.galleries.gallery_in(shown.chat_id, shown.message_id)
    post = await services.gallery.post(row.post_id) if row is not None and row.post_id is not None else None
    if row is None or post is None:
        return None
    return await gallery_card(services, username, await language_of(services, row), row, post)


@dataclass
class Cards:
    """Redraws what has changed: in a chat one message at a time, at its pace; what changes meanwhile is one redraw."""

    services: Services
    bot: Bot
    private_pace: float = PRIVATE_PACE
    group_pace: float = GROUP_PACE
    _due: dict[int, dict[MessageKey, None]] = field(default_factory=dict)

    async def run(self) -> None:
        """Redraw until cancelled."""
        async with asyncio.TaskGroup() as pumps:
            while True:
                where = await self.services.changed.get()
                chat = where[0]
                if chat in self._due:
                    self._due[chat][where] = None
                else:
                    self._due[chat] = {where: None}
                    pumps.create_task(self._pump(chat))

    async def _pump(self, chat: int) -> None:
        due = self._due[chat]
        while due:
            where = next(iter(due))
            del due[where]
            try:
                await redraw(self.services, self.bot, where)
            except TelegramError as error:
                log.info("card.dropped", message=where, reason=str(error))
            except Exception:
                log.exception("card.failed", message=where)
            await asyncio.sleep(self.private_pace if chat > 0 else self.group_pace)
        del self._due[chat]
