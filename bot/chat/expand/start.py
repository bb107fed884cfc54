"""Starts expansions: from a panel, again, as four variants, further out, at twice the size, or after a failure."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

from bot.chat.access import finished
from bot.chat.buttons.panel import Expand, Roll
from bot.chat.buttons.result import Double, Further, InStyle, Reroll, Variants, ZoomOut
from bot.chat.choice import Choice, extent_of, margins_of, may_double, new_seed, onward, rolled
from bot.chat.expand.asked import doubling_of, row_of
from bot.chat.expand.begin import ENDED, begin, renew_buttons, tapped
from bot.chat.expand.first import affordable, in_all_styles
from bot.chat.expand.panel import refresh
from bot.chat.expand.result import send_result
from bot.chat.telegram.visit import Visit
from bot.services import Services
from inference.engine import Style
from storage.models import Expansion, Status

VARIANTS = 4


async def expand(services: Services, visit: Visit, tap: Expand) -> None:
    """Start the expansion that a panel describes, in a person's very first case in all styles."""
    await start_panel(services, visit, tap.panel, tap.revision, first=not visit.person.met_styles)


async def roll(services: Services, visit: Visit, tap: Roll) -> None:
    """Start an expansion of the panel's photo with random choices."""
    await start_panel(services, visit, tap.panel, tap.revision, dice=True)


async def reroll(services: Services, visit: Visit, tap: Reroll) -> None:
    """Start the same expansion with a new seed."""
    await _start_again(services, visit, tap.expansion, tap.rerolls, count=1)


async def in_style(services: Services, visit: Visit, tap: InStyle) -> None:
    """Start the same expansion in another style."""
    await _start_again(services, visit, tap.expansion, tap.rerolls, count=1, style=tap.style)


async def four_variants(services: Services, visit: Visit, tap: Variants) -> None:
    """Start the same expansion four times with different seeds."""
    await _start_again(services, visit, tap.expansion, tap.rerolls, count=VARIANTS)


async def zoom_out(services: Services, visit: Visit, tap: ZoomOut) -> None:
    """Expand a result once more with the choice that it was made with, from its master."""
    if old := await finished(services, visit, tap.expansion):
        await _start_onward(services, visit, old, f"z{old.id}:{tap.rerolls}", (old.id, tap.rerolls))


async def further(services: Services, visit: Visit, tap: Further) -> None:
    """Do the same for a button without a revision. Its key is used once, so that a double tap is one expansion."""
    if old := await finished(services, visit, tap.expansion):
        await _start_onward(services, visit, old, f"z{old.id}", None)


async def double(services: Services, visit: Visit, tap: Double) -> None:
    """Make a result twice as large. If that was done before, show the earlier outcome instead.

    Under a doubling that failed or was cancelled, the button starts another attempt.
    """
    asked = await services.store.expansion(tap.expansion)
    if asked is None or asked.person_id != visit.person.id:
        await visit.toast("tap.gone" if asked is None else "result.not_yours")
        return
    photo = asked.source if asked.doubles and asked.status in ENDED else asked.result
    made = await services.store.doubling(photo.id, visit.person.id) if photo is not None else None
    if photo is None:
        await visit.toast("tap.gone")
    elif made is not None and made.status not in ENDED:
        await _show_doubled(services, visit, made)
    elif not may_double(extent_of(photo), services.limits.max_megapixels):
        await visit.toast("panel.too_large", limit=f"{services.limits.max_megapixels:g}")
    else:
        row = doubling_of(asked, visit.chat.id, photo, key=f"x{photo.id}:{made.id if made else 0}")
        await begin(services, visit, [row], tapped(visit, asked))


async def start_panel(
    services: Services, visit: Visit, panel_id: int, revision: int, *, dice: bool = False, first: bool = False
) -> None:
    """Start what a panel describes, or with `dice` a random choice, unless an earlier tap has done so.

    If it is the `first` of a person, it shows all styles where that is quick.
    """
    panel = await services.store.panels.panel(panel_id)
    if panel is None or panel.person_id != visit.person.id:
        await visit.toast("tap.gone" if panel is None else "panel.not_yours")
        return
    photo, choice, most = panel.photo, Choice.of(panel), services.limits.max_megapixels
    if photo.chat_id is None and photo.person_id != visit.person.id and not await services.gallery.shows(photo.id):
        await visit.toast("post.gone", alert=True)  # somebody else's result, which is no longer in the gallery
        return
    if dice:
        choice = rolled(choice, extent_of(photo), most, Random(new_seed()))
    margins = choice.margins(extent_of(photo), most)
    key, asked = f"{'d' if dice else 'p'}{panel.id}:{revision}", partial(row_of, panel, panel.chat_id, photo)
    sheet = first and await affordable(services, visit, choice, margins.canvas(extent_of(photo)))
    rows = in_all_styles(asked, choice, margins, key) if sheet else [asked(choice, margins, key)]
    if await begin(services, visit, rows, panel.message_id, panel=(panel.id, revision)) and sheet:
        await services.people.learn(visit.person.id, met_styles=True)
    if fresh := await services.store.panels.panel(panel_id):
        await refresh(services, visit, fresh)


async def _start_again(
    services: Services, visit: Visit, expansion_id: int, rerolls: int, *, count: int, style: Style | None = None
) -> None:
    """Repeat a request with new seeds: one reroll, or four variants that share one turn and one message."""
    old = await services.store.expansion(expansion_id)
    if old is None or old.person_id != visit.person.id:
        await visit.toast("tap.gone" if old is None else "result.not_yours")
        return
    if old.doubles:  # the button is never offered here, because the result would be the same
        await visit.toast("tap.stale")
        return
    key, choice = f"{style or ('e' if count == 1 else 'v')}{old.id}:{rerolls}", Choice.of(old)
    choice = replace(choice, style=style) if style else choice
    numbers = range(1, count + 1) if count > 1 else (0,)
    rows = [
        row_of(
            old,
            visit.chat.id,
            old.source,
            choice,
            margins_of(old),
            key=f"{key}:{n}" if n else key,
            batch=key if n else None,
            variant=n,
        )
        for n in numbers
    ]
    await begin(services, visit, rows, tapped(visit, old), result=(old.id, rerolls))
    await renew_buttons(services, visit, old)


async def _start_onward(
    services: Services, visit: Visit, old: Expansion, key: str, revision: tuple[int, int] | None
) -> None:
    """Start the next step of a chain without a panel, or say why there is none."""
    photo, most = old.result, services.limits.max_megapixels
    choice = onward(Choice.of(old), extent_of(photo), most) if photo is not None else None
    if photo is None or choice is None:
        await visit.toast("panel.too_large" if photo else "tap.gone", alert=True, limit=f"{most:g}")
        return
    row = row_of(old, visit.chat.id, photo, choice, choice.margins(extent_of(photo), most), key)
    await begin(services, visit, [row], tapped(visit, old), result=revision)
    await renew_buttons(services, visit, old)


async def _show_doubled(services: Services, visit: Visit, made: Expansion) -> None:
    """Send a doubled picture again. One that is not delivered yet will appear in its own message."""
    if made.status is Status.DONE and made.delivered_at is not None:
        await visit.toast_nothing()
        await send_result(services, visit, made)
    else:
        await visit.toast("start.already")
