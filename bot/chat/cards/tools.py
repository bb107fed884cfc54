"""The less common buttons of a result, which ⋯ shows to the person who made it."""

from __future__ import annotations

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons.result import Adjust, BackOneStep, BackToStart, Delete, Double, Publish, Tools
from bot.chat.cards.lines import reaction_row
from bot.chat.cards.result import download_button, film_buttons, flip_button, is_live, onward_rows
from bot.chat.cards.widgets import button
from bot.chat.choice import extent_of, may_double
from bot.chat.texts import Texts
from bot.services import Services
from storage.models import Expansion


async def tools_keyboard(
    services: Services, say: Texts, expansion: Expansion, *, private: bool, before: bool
) -> InlineKeyboardMarkup:
    """Return the buttons. In a group they begin with what anybody may tap, and what a private chat shows anyway."""
    number, result = expansion.id, expansion.result
    larger = result is not None and may_double(extent_of(result), services.limits.max_megapixels)
    double = [button(say("result.double"), Double(number))] if larger else []
    rows = [
        *([] if private else [reaction_row(number, await services.gallery.counts(number))]),
        *([] if private else onward_rows(say, expansion)),
        [flip_button(say, number, before=before), *double],
        await film_buttons(services, say, expansion),
        await _steps(services, say, expansion),
        [button(say("panel.adjust"), Adjust(number)), download_button(say, number)],
        await _title(services, say, number, private=private),
        [button(say("result.delete"), Delete(number)), button(say("gallery.less"), Tools(number, 0))],
    ]
    return InlineKeyboardMarkup([row for row in rows if row])


async def _steps(services: Services, say: Texts, expansion: Expansion) -> list[InlineKeyboardButton]:
    """Return the buttons that lead back in a chain."""
    if len(await services.store.ancestry(expansion.id)) < 2:
        return []
    return [
        button(say("result.back"), BackOneStep(expansion.id)),
        button(say("result.start"), BackToStart(expansion.id)),
    ]


async def _title(services: Services, say: Texts, number: int, *, private: bool) -> list[InlineKeyboardButton]:
    """Return the button that renames what is published, or in a group publishes it."""
    if is_live(await services.gallery.post_of(number)):
        return [button(say("result.retitle"), Publish(number))]
    return [] if private else [button(say("result.publish"), Publish(number))]
