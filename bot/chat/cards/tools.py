"""The less common buttons of a result, which ⋯ shows to the person who made it."""

from __future__ import annotations

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons.result import Adjust, BackOneStep, BackToStart, Delete, Double, Journey, Publish, Tools
from bot.chat.cards.lines import reaction_row
from bot.chat.cards.result import (
    Card,
    Facts,
    download_button,
    film_buttons,
    flip_button,
    onward_rows,
    result_caption,
)
from bot.chat.cards.widgets import button
from bot.chat.choice import extent_of, may_double
from bot.chat.texts import Texts
from bot.services import Services
from storage.models import Expansion


async def tools_card(services: Services, say: Texts, expansion: Expansion, *, private: bool, before: bool) -> Card:
    """Return the caption with its details, and the buttons.

    In a group the buttons begin with what anybody may tap, and what a private chat shows anyway.
    """
    number, result, facts = expansion.id, expansion.result, await Facts.of(services, expansion)
    larger = result is not None and may_double(extent_of(result), services.limits.max_megapixels)
    double = [button(say("result.double"), Double(number))] if larger else []
    rows = [
        *([] if private else [reaction_row(number, await services.gallery.counts(number))]),
        *([] if private else onward_rows(say, expansion)),
        [flip_button(say, number, before=before), *double],
        [button(say("result.journey"), Journey(number, expansion.rerolls))],
        film_buttons(services, say, expansion, facts),
        _steps(say, expansion, facts),
        [button(say("panel.adjust"), Adjust(number)), download_button(say, number)],
        _title(say, number, facts, private=private),
        [button(say("result.delete"), Delete(number)), button(say("gallery.less"), Tools(number, 0))],
    ]
    caption = await result_caption(services, say, expansion, facts, details=True)
    return caption, InlineKeyboardMarkup([row for row in rows if row])


def _steps(say: Texts, expansion: Expansion, facts: Facts) -> list[InlineKeyboardButton]:
    """Return the buttons that lead back in a chain."""
    if len(facts.chain) < 2:
        return []
    return [
        button(say("result.back"), BackOneStep(expansion.id)),
        button(say("result.start"), BackToStart(expansion.id)),
    ]


def _title(say: Texts, number: int, facts: Facts, *, private: bool) -> list[InlineKeyboardButton]:
    """Return the button that renames what is published, or in a group publishes it."""
    if facts.live_post:
        return [button(say("result.retitle"), Publish(number))]
    return [] if private else [button(say("result.publish"), Publish(number))]
