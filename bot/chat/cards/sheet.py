"""The card of several variants of one start: its picture, its caption and its buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from telegram import InlineKeyboardMarkup

from bot.chat.buttons.result import Cancel, PickVariant
from bot.chat.cards.preview import canvas_preview, variants_sheet
from bot.chat.cards.widgets import STYLE_EMOJI, bar, button, described, measure, style_name
from bot.chat.choice import Choice, extent_of, margins_of
from bot.chat.telegram.media import Medium, is_veiled
from bot.chat.texts import Texts
from bot.services import Services
from inference.engine import Style
from storage.models import Expansion, Status


def heading(say: Texts, expansions: Sequence[Expansion]) -> str:
    """Return what one start asks for, as HTML: «⤢ 1.5× · 🌿 Faithful × 4», or «⤢ 1.5× · 🌿 🎈 🌀».

    Of a journey it tells the newest step, too.
    """
    first, newest = expansions[0], expansions[-1]
    if first.steps:
        choice = described(say, first)
        return say.html("status.journey", choice=choice, step=newest.variant, steps=newest.steps)
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


def sheet_picture(services: Services, variants: Sequence[Expansion]) -> Medium:
    """Return the pictures that are finished so far as one, under a spoiler if one of them is."""
    return Medium(partial(_drawn, services, variants), spoiler=any(map(is_veiled, variants)))


async def _drawn(services: Services, variants: Sequence[Expansion]) -> bytes:
    first, there = variants[0], {variant.variant: variant for variant in variants}
    numbers = range(1, variants[-1].variant + 1)  # a variant that was deleted leaves an empty cell
    pictures = await asyncio.gather(*(_cell(services, there.get(number)) for number in numbers))
    margins, photo = margins_of(first), extent_of(first.source)
    before = None
    if in_styles(variants):  # there are three, which leaves a place for the photo
        thumb = await services.blobs.get(first.source.thumb)
        before = await asyncio.to_thread(canvas_preview, thumb, photo, margins)
    return await asyncio.to_thread(variants_sheet, pictures, margins.canvas(photo), before)


async def _cell(services: Services, variant: Expansion | None) -> bytes | None:
    if variant is None or variant.status is not Status.DONE:
        return None
    return await services.picture(variant)
