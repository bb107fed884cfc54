"""The status message of an expansion: first its place in the queue, then a progress bar and a time estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bot.chat.cards.status import cancel_keyboard, status_caption
from bot.chat.cards.widgets import language_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.outbox import Outbox, Rank
from bot.chat.telegram.visit import Bot
from bot.services import Services
from storage.models import Job, Status


@dataclass
class StatusBoard:
    """Keeps status messages up to date, as often as the outbox allows for each chat."""

    services: Services
    bot: Bot
    outbox: Outbox

    async def changed(self, jobs: Sequence[Job]) -> None:
        """Schedule an update of the status messages of jobs that have made progress or moved up in the queue."""
        for expansion in await self.services.store.expansions([job.subject for job in jobs]):
            if expansion.message_id is not None:
                where = (expansion.chat_id, expansion.message_id)
                self.outbox.ask(where, Rank.PROGRESS, partial(self._show, expansion.id))

    async def _show(self, expansion_id: int) -> None:
        expansion = await self.services.store.expansion(expansion_id)
        if expansion is None or expansion.message_id is None or expansion.status.final:
            return
        say = await language_of(self.services, expansion)
        expansions = await self.services.store.batch(expansion.batch) if expansion.batch else [expansion]
        if not expansion.steps and any(e.status is Status.DONE for e in expansions):
            return  # the message already shows the sheet of variants
        caption = await status_caption(self.services, say, expansions)
        markup = cancel_keyboard(say, expansion)
        request = self.bot.edit_message_caption(
            expansion.chat_id, expansion.message_id, caption=caption, parse_mode="HTML", reply_markup=markup
        )
        await edit(request)
