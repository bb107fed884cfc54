"""The status message of an expansion: its place in the queue, then a bar and an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from telegram import InlineKeyboardMarkup

from bot.chat.buttons.result import Cancel
from bot.chat.cards.status import running_caption, waiting_caption
from bot.chat.cards.widgets import button, language_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.outbox import Outbox, Rank
from bot.chat.telegram.visit import Bot
from bot.services import Services
from storage.models import Expansion, Status


@dataclass
class StatusBoard:
    """Keeps the status messages true, as far as the pace of their chats allows."""

    services: Services
    bot: Bot
    outbox: Outbox

    def progressed(self, expansion: Expansion, fraction: float) -> None:
        self._ask(expansion, fraction)

    async def moved(self) -> None:
        """Give everybody who waits their new place in the queue."""
        for expansion in await self.services.store.waiting():
            self._ask(expansion, None)

    def _ask(self, expansion: Expansion, fraction: float | None) -> None:
        if expansion.message_id is not None:
            where = (expansion.chat_id, expansion.message_id)
            self.outbox.ask(where, Rank.PROGRESS, partial(self._show, expansion.id, fraction))

    async def _show(self, expansion_id: int, fraction: float | None) -> None:
        expansion = await self.services.store.expansion(expansion_id)
        if expansion is None or expansion.message_id is None or expansion.status.final:
            return
        say = await language_of(self.services, expansion)
        expansions = await self.services.store.batch(expansion.batch) if expansion.batch else [expansion]
        if any(e.status is Status.DONE for e in expansions):  # the sheet hangs there already, with its own bar
            return
        if expansion.status is Status.RUNNING:
            caption = await running_caption(self.services, say, expansions, fraction or 0.0)
        else:
            caption = await waiting_caption(self.services, say, expansions)
        markup = InlineKeyboardMarkup([[button(say("status.cancel"), Cancel(expansion.id))]])
        request = self.bot.edit_message_caption(
            expansion.chat_id, expansion.message_id, caption=caption, parse_mode="HTML", reply_markup=markup
        )
        await edit(request)
