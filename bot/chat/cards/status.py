"""The captions and the button of a status message while an expansion or a film waits or runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import ceil

from telegram import InlineKeyboardMarkup

from bot.chat.buttons.result import Cancel
from bot.chat.cards.sheet import heading
from bot.chat.cards.widgets import bar, button
from bot.chat.choice import extent_of, planned
from bot.chat.texts import Texts
from bot.services import Services
from bot.shortage import Shortage
from inference.canvas import Margins
from inference.engine import EngineName
from storage.jobs.dispatch import ANY
from storage.jobs.films import FilmStore
from storage.models import Expansion, Film, Status


def cancel_keyboard(say: Texts, expansion: Expansion) -> InlineKeyboardMarkup:
    """Return the button of a status message."""
    return InlineKeyboardMarkup([[button(say("status.cancel"), Cancel(expansion.id))]])


async def status_caption(services: Services, say: Texts, expansions: Sequence[Expansion]) -> str:
    """Return the caption of what one start makes, as it stands: waiting or running."""
    jobs = await services.queue.jobs([one.id for one in expansions])
    running = next((job for job in jobs if job.status is Status.RUNNING), None)
    if running is not None:
        return await running_caption(services, say, expansions, running.progress)
    waiting = [job for job in jobs if job.status is Status.WAITING]
    if waiting and all(job.preset in services.shortage.presets for job in waiting):
        return "\n".join([heading(say, expansions), say.html("status.nobody")])
    return await waiting_caption(services, say, expansions)


async def waiting_caption(services: Services, say: Texts, expansions: Sequence[Expansion]) -> str:
    """Return the caption of a waiting expansion: «⏳ second in the queue · about 12 s»."""
    first = next((one for one in expansions if one.status.live), expansions[0])
    place, own = await asyncio.gather(services.queue.position(first.id), _seconds_left(services, expansions, 0.0))
    ahead = max(0, place - 1)
    waits = ahead * (await services.store.mean_seconds() or own or 0.0) if ahead else 0.0
    return "\n".join(
        [
            heading(say, expansions),
            say.html("status.ahead", count=ahead) if ahead else say.html("status.next"),
            *([say.html("status.about", seconds=_round(own + waits))] if own else []),
        ]
    )


async def running_caption(services: Services, say: Texts, expansions: Sequence[Expansion], fraction: float) -> str:
    """Return the caption of a running expansion: «🎨 painting ▓▓▓▓▓░░░░░░░ 42 % · about 3 s».

    Four variants share one bar, and so do the steps of a journey.
    """
    first = expansions[0]
    done = sum(e.status is Status.DONE for e in expansions)
    total = min(1.0, (done + fraction) / (first.steps or len(expansions)))
    left = await _seconds_left(services, expansions, fraction)
    work = "enlarging" if first.doubles else "painting"
    stage = "preparing" if fraction < 0.08 else work if fraction < 0.9 else "finishing"
    return "\n".join(
        [
            heading(say, expansions),
            f"{say.html(f'status.{stage}')}  <code>{bar(total)}</code> {total:.0%}",
            *([say.html("status.about", seconds=_round(left))] if left else []),
        ]
    )


async def _seconds_left(services: Services, expansions: Sequence[Expansion], fraction: float) -> float | None:
    """Return the seconds that unfinished expansions and the steps after them still take.

    `fraction` is done of the one that runs.
    """
    live = [one for one in expansions if one.status.live]
    if not live:
        return None
    costs = [await _seconds(services, live[0], margins) for margins in planned(live[0])]
    costs += costs[:1] * (len(live) - 1)
    known = [cost for cost in costs if cost is not None]
    return sum(known) - fraction * known[0] if known else None


async def _seconds(services: Services, expansion: Expansion, margins: Margins) -> float | None:
    """Return the seconds that a canvas takes by its style's engine, and at first those of the engine's warm-up."""
    canvas = margins.canvas(extent_of(expansion.source))
    engine, model = services.maker_of(expansion)
    known = None if engine == EngineName.AUTO else engine  # a program that does not paint does not know who will
    typical = await services.store.typical_seconds(known, model, canvas.megapixels)
    if typical is not None or expansion.doubles:
        return typical
    return services.painting.for_style(expansion.style, expansion.chosen_engine).seconds


def _round(seconds: float) -> int:
    """Round an estimate, so that it does not look exact."""
    return max(1, ceil(seconds)) if seconds < 15 else ceil(seconds / 5) * 5


async def film_caption(films: FilmStore, shortage: Shortage, say: Texts, film: Film) -> str:
    """Return the caption of a film: «🎬 Two films are made before this one» or «🎬 Making the film ▓▓▓▓▓░░ 42 %»."""
    job = await films.job(film)
    if job is not None and job.status is Status.RUNNING:
        return f"{say.html('film.making')}\n<code>{bar(job.progress)}</code> {job.progress:.0%}"
    if ANY in shortage.presets:
        return say.html("status.nobody")
    ahead = await films.ahead(film)
    return say.html("film.ahead", count=ahead) if ahead else say.html("film.next")
