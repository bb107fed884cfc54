"""What every start has in common: the quota, the answer to the tap, the status message and the new revision."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from math import ceil

from bot.chat.cards.result import end_keyboard, result_card
from bot.chat.expand.placing import place_for_tap
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import results_changed
from bot.chat.telegram.visit import Visit
from bot.presets import preset_of
from bot.services import Services
from storage.jobs.quota import QuotaSpent
from storage.models import Expansion, MessageKind, Status

NEAR = 5  # expansions left in the quota, from which on their number is told
ENDED = (Status.FAILED, Status.CANCELLED)


async def begin(
    services: Services,
    visit: Visit,
    rows: list[Expansion],
    reply_to: int | None,
    *,
    panel: tuple[int, int] | None = None,
    result: tuple[int, int] | None = None,
) -> bool:
    """Start expansions within the quota, tell the visitor, and meanwhile send the status message.

    It replies to the message `reply_to`. Returns False if nothing was started.
    """
    quota = services.limits.quota_of(visit.person.id)
    try:
        started = await services.store.start(
            rows,
            panel=panel,
            result=result,
            quota=quota,
            presets={row.key: preset_of(services.engine, row) for row in rows},
        )
    except QuotaSpent as spent:
        await visit.toast("start.quota", alert=True, quota=spent.quota, count=hours_until(spent.again_at))
        return False
    if started is None:
        await visit.toast("start.already")
        return False
    telling = asyncio.create_task(_say_started(visit, quota, started.left))
    try:
        await place_for_tap(services, visit, started.expansions, reply_to)
    finally:
        await telling
    return True


async def _say_started(visit: Visit, quota: int | None, left: int | None) -> None:
    """Say that it has started, and what is left of the quota when that is little."""
    if quota is None or left is None or left > NEAR:
        await visit.toast("start.going")
    else:
        await visit.toast("start.near", left=left, quota=quota)


def hours_until(moment: datetime) -> int:
    """Return the hours until a moment, rounded up, and at least 1."""
    return max(1, ceil((moment - datetime.now(UTC)).total_seconds() / 3600))


def tapped(visit: Visit, old: Expansion) -> int | None:
    """Return the message that was tapped, which the status message replies to."""
    return visit.message.message_id if visit.message else old.message_id


async def renew_buttons(services: Services, visit: Visit, old: Expansion) -> None:
    """Write the new revision into all buttons of the old expansion, so that the next tap on any is a new start.

    The message of the tap does not wait for its turn.
    """
    message_id = tapped(visit, old)
    shown = {(m.chat_id, m.message_id): m.kind for m in await services.messages.showing(old.id) if m.kind.tells_counts}
    here = shown.pop((visit.chat.id, message_id or 0), MessageKind.RESULT)
    if shown or here is not MessageKind.RESULT:
        await results_changed(services, old.id)
    if here is not MessageKind.RESULT:
        return
    if fresh := await services.store.expansion(old.id):
        await _renew(services, visit, fresh, message_id)


async def _renew(services: Services, visit: Visit, fresh: Expansion, message_id: int | None) -> None:
    """Give a message the usual buttons of an expansion again, and without its details the caption of a result."""
    where = (visit.chat.id, message_id)
    if fresh.status is not Status.DONE:
        await edit(visit.bot.edit_message_reply_markup(*where, reply_markup=end_keyboard(visit.say, fresh)))
        return
    caption, markup = await result_card(services, visit.say, visit.bot, fresh, visit.chat.id)
    await edit(visit.bot.edit_message_caption(*where, caption=caption, parse_mode="HTML", reply_markup=markup))
