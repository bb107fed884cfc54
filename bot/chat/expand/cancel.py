"""Cancelling: by the button on a status message, or /cancel for everything of one's own."""

from __future__ import annotations

from bot.chat.buttons.result import Cancel
from bot.chat.telegram.edits import delete
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.models import Expansion


async def cancel_button(services: Services, visit: Visit, tap: Cancel) -> None:
    """Cancel an expansion of one's own; four variants go together."""
    expansion = await services.store.expansion(tap.expansion)
    if expansion is None:
        await visit.toast("tap.gone")
    elif expansion.person_id != visit.person.id:
        await visit.toast("result.not_yours")
    else:
        variants = await services.store.batch(expansion.batch) if expansion.batch else [expansion]
        cancelled = await cancel_all(services, variants)
        await visit.toast("cancel.done" if cancelled else "cancel.too_late")
        await _remove_orphan(visit, expansion)


async def _remove_orphan(visit: Visit, expansion: Expansion) -> None:
    """A crash between sending a status message and recording it leaves one that nobody will ever edit."""
    if visit.message is not None and visit.message.message_id != expansion.message_id:
        await delete(visit.bot.delete_message(visit.chat.id, visit.message.message_id))


async def cancel_command(services: Services, visit: Visit) -> None:
    cancelled = await cancel_all(services, await services.store.live(visit.person.id))
    await visit.reply("cancel.all" if cancelled else "cancel.nothing", count=cancelled)


async def cancel_all(services: Services, expansions: list[Expansion]) -> int:
    """Cancel what is live; how many were. One that waits ends here, one that runs is ended by its worker."""
    cancelled = 0
    for expansion in expansions:
        if expansion.status.live and await services.queue.cancel(expansion.id):
            cancelled += 1
    return cancelled
