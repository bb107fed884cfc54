"""Cancels expansions: one by the button on its status message, or all of a person's own by /cancel."""

from __future__ import annotations

from bot.chat.buttons.result import Cancel
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.models import Expansion


async def cancel_button(services: Services, visit: Visit, tap: Cancel) -> None:
    """Cancel one of the visitor's own expansions. What one start makes is cancelled together."""
    expansion = await services.store.expansion(tap.expansion)
    if expansion is None:
        await visit.toast("tap.gone")
    elif expansion.person_id != visit.person.id:
        await visit.toast("result.not_yours")
    else:
        cancelled = await cancel_all(services, await _of_one_start(services, expansion))
        await visit.toast("cancel.done" if cancelled else "cancel.too_late")


async def cancel_command(services: Services, visit: Visit) -> None:
    """Cancel all of the visitor's waiting and running expansions, and reply with their number."""
    cancelled = await cancel_all(services, await services.store.live(visit.person.id))
    await visit.reply("cancel.all" if cancelled else "cancel.nothing", count=cancelled)


async def cancel_all(services: Services, expansions: list[Expansion]) -> int:
    """Cancel the live expansions among those given, and return how many were cancelled.

    A waiting expansion ends at once. A running one is stopped by its worker. Where the step of a journey has ended
    meanwhile, the next one is cancelled.
    """
    cancelled = 0
    for expansion in expansions:
        if expansion.status.live and await _cancelled(services, expansion):
            cancelled += 1
    return cancelled


async def _cancelled(services: Services, expansion: Expansion) -> bool:
    step: Expansion | None = expansion
    while step is not None:
        if await services.queue.cancel(step.id):
            return True
        later = await _of_one_start(services, step) if step.following else []
        step = next((one for one in later if one.variant > step.variant and one.status.live), None)
    return False


async def _of_one_start(services: Services, expansion: Expansion) -> list[Expansion]:
    return await services.store.batch(expansion.batch) if expansion.batch else [expansion]
