"""The card of several variants of one start: its caption and its buttons."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import InlineKeyboardMarkup

from bot.chat.buttons.result import Cancel, PickVariant
from bot.chat.cards.widgets import STYLE_EMOJI, bar, button, described, measure, style_name
from bot.chat.choice import Choice
from bot.chat.texts import Texts
from inference.engine import Style
from storage.models import Expansion, Status


def heading(say: Texts, expansions: Sequence[Expansion]) -> str:
    """Return what one start asks for, as HTML: «⤢ 1.5× · 🌿 Faithful × 4», or «⤢ 1.5× · 🌿 🎈 🌀»."""
    first = expansions[0]
    if in_styles(expansions):
        signs = " ".join(STYLE_EMOJI[Style(one.style)] for one in expansions)
        return say.html("status.styles", size=measure(Choice.of(first)), signs=signs)
    return say.html("status.four" if first.batch else "status.one", choice=described(say, first))


def in_styles(variants: Sequence[Expansion]) -> bool:
    """Tell whether the variants show one photo in several styles."""
    return len({variant.style for variant in variants}) > 1


def sheet_caption(say: Texts, variants: Sequence[Expansion]) -> str:
    """Return the caption of a sheet, with progress until all variants have ended."""
    done = sum(variant.status is Status.DONE for variant in variants)
    if any(variant.status.live for variant in variants):
        return f"{heading(say, variants)}\n<code>{bar(done / len(variants))}</code> {done}/{len(variants)}"
    return f"{heading(say, variants)}\n{say('sheet.style' if in_styles(variants) else 'sheet.pick')}"


def sheet_keyboard(say: Texts, variants: Sequence[Expansion]) -> InlineKeyboardMarkup:
    """Return the buttons of the finished variants, and Cancel while any is unfinished."""
    named = in_styles(variants)
    ready = [
        button(f"{v.variant} {style_name(say, Style(v.style))}" if named else str(v.variant), PickVariant(v.id))
        for v in variants
        if v.status is Status.DONE
    ]
    live = next((variant for variant in variants if variant.status.live), None)
    rows = [ready, [button(say("status.cancel"), Cancel(live.id))] if live else []]
    return InlineKeyboardMarkup([row for row in rows if row])
