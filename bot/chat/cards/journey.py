"""The card of a journey that is over: all its steps in one picture, the most surprising first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from telegram import InlineKeyboardMarkup

from bot.chat.buttons.result import PickVariant
from bot.chat.cards.preview import steps_sheet
from bot.chat.cards.sheet import sheet_caption, sheet_keyboard, sheet_picture
from bot.chat.cards.widgets import button, described
from bot.chat.telegram.media import Medium, is_veiled
from bot.chat.texts import Texts
from bot.services import Services
from storage.models import Expansion, Status


def made_card(services: Services, say: Texts, made: Sequence[Expansion]) -> tuple[Medium, str, InlineKeyboardMarkup]:
    """Return the picture, the caption and the buttons of what one start has made and what is still there of it."""
    if not made[0].steps:
        return sheet_picture(services, made), sheet_caption(say, made), sheet_keyboard(say, made)
    steps = most_surprising_first(made)
    return journey_picture(services, steps), journey_caption(say, steps), journey_keyboard(steps)


def most_surprising_first(steps: Sequence[Expansion]) -> list[Expansion]:
    """Return the painted steps by the machine's guess of their surprise. Of equal ones the farther comes first."""
    painted = [step for step in steps if step.status is Status.DONE]
    return sorted(painted, key=lambda step: (step.surprise or 0.0, step.variant), reverse=True)


def journey_caption(say: Texts, painted: Sequence[Expansion]) -> str:
    """Return the caption: what each step asked for, how many there are, and what the numbers do."""
    first, done = painted[0], len(painted)
    key = "journey.all" if done == first.steps else "journey.some"
    return "\n".join(
        [
            say.html("journey.title", choice=described(say, first)),
            say.html(key, done=done, steps=first.steps),
            say("journey.pick"),
        ]
    )


def journey_keyboard(painted: Sequence[Expansion]) -> InlineKeyboardMarkup:
    """Return a button for each step, in the order of the picture."""
    return InlineKeyboardMarkup([[button(str(step.variant), PickVariant(step.id)) for step in painted]])


def journey_picture(services: Services, painted: Sequence[Expansion]) -> Medium:
    """Return the steps as one picture, under a spoiler if one of them is."""
    return Medium(partial(_drawn, services, painted), spoiler=any(map(is_veiled, painted)))


async def _drawn(services: Services, painted: Sequence[Expansion]) -> bytes:
    pictures = await asyncio.gather(*map(services.picture, painted))
    numbered = [(step.variant, picture) for step, picture in zip(painted, pictures, strict=True)]
    return await asyncio.to_thread(steps_sheet, numbered)
