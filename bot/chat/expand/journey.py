"""Five steps in one go: each expands the result of the one before, by a choice that shares the room that is left."""

from __future__ import annotations

from bot.chat.buttons.result import Journey
from bot.chat.choice import JOURNEY, Choice, extent_of, journey
from bot.chat.expand.asked import row_of
from bot.chat.expand.begin import ENDED, begin, renew_buttons, tapped
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.models import Expansion, Photo


async def go(services: Services, visit: Visit, tap: Journey) -> None:
    """Start the first step. The others follow by themselves. A tap under a first step that ended starts once more."""
    asked = await services.store.expansion(tap.expansion)
    if asked is None or asked.person_id != visit.person.id:
        await visit.toast("tap.gone" if asked is None else "result.not_yours")
        return
    photo = asked.source if asked.steps and asked.status in ENDED else asked.result
    if photo is None:
        await visit.toast("tap.gone")
        return
    row = await _first_step(services, visit, asked, photo, f"j{asked.id}:{tap.rerolls}")
    if row is None:
        await visit.toast("journey.no_room", alert=True, limit=f"{services.limits.max_megapixels:g}")
        return
    await begin(services, visit, [row], tapped(visit, asked), result=(asked.id, tap.rerolls))
    await renew_buttons(services, visit, asked)


async def _first_step(services: Services, visit: Visit, asked: Expansion, photo: Photo, key: str) -> Expansion | None:
    """Return the row of the first step, or None if there is no room for one.

    There are no more steps than the quota has left. One step alone is an expansion like any other.
    """
    size, limit = extent_of(photo), services.limits.max_megapixels
    choice = Choice.of(asked)
    found = journey(choice, size, limit, await _affordable(services, visit.person.id))
    if found is None:
        return None
    choice, steps = found
    margins = choice.margins(size, limit)
    if steps == 1:
        return row_of(asked, visit.chat.id, photo, choice, margins, key)
    row = row_of(asked, visit.chat.id, photo, choice, margins, f"{key}:1", batch=key, variant=1)
    row.steps = steps
    return row


async def _affordable(services: Services, person_id: int) -> int:
    """Return how many steps the quota allows. It is at least 1, so that the start says when the quota is spent."""
    quota = services.limits.quota_of(person_id)
    left = await services.store.left(person_id, quota) if quota is not None else JOURNEY
    return min(JOURNEY, max(1, left))
