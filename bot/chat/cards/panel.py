"""The panel: its caption, its buttons and the preview of the canvas."""

from __future__ import annotations

import re
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons.panel import Expand, PickDirection, PickPhoto, PickRatio, PickScale, PickStyle, Roll
from bot.chat.cards.canvas import canvas_of
from bot.chat.cards.widgets import ARROWS, button, describe, style_name
from bot.chat.choice import Choice, extent_of, offered_ratios, offered_scales
from bot.chat.telegram.media import Medium
from bot.chat.texts import Texts
from bot.services import Services
from inference.engine import Reads, Style
from storage.models import Panel

_NOT_ENGLISH: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
"""The characters of Chinese, Japanese and Korean."""


def preview(services: Services, panel: Panel) -> Medium:
    """Return the preview of the panel's canvas. Raises NoSuchCanvas."""
    margins = Choice.of(panel).margins(extent_of(panel.photo), services.limits.max_megapixels)
    return canvas_of(services, panel.photo, margins)


def caption(services: Services, say: Texts, panel: Panel) -> str:
    """Return the caption: the choice, the size of the canvas, and the prompt. Raises NoSuchCanvas."""
    choice, photo = Choice.of(panel), extent_of(panel.photo)
    canvas = choice.margins(photo, services.limits.max_megapixels).canvas(photo)
    lines = [
        say.html("panel.caption", choice=describe(say, choice), width=canvas.width, height=canvas.height),
        *([say.html("panel.album")] if panel.photo.media_group else []),
    ]
    if choice.prompt:
        words = choice.prompt if len(choice.prompt) <= 200 else choice.prompt[:199] + "…"
        lines.append(say.html(_prompt(services.engine.reads, choice.prompt), prompt=words))
    return "\n".join(lines)


def _prompt(reads: Reads, words: str) -> str:
    """Return the key of the text that shows the prompt and says whether it is read."""
    match reads:
        case Reads.NOTHING:
            return "panel.prompt_unread"
        case Reads.ENGLISH if _NOT_ENGLISH.search(words):
            return "panel.prompt_english"
    return "panel.prompt"


async def keyboard(services: Services, say: Texts, panel: Panel) -> InlineKeyboardMarkup:
    """Return the panel's buttons. Scales and ratios beyond the limits are omitted."""
    choice, photo, most = Choice.of(panel), extent_of(panel.photo), services.limits.max_megapixels
    arrows = {d: button(ARROWS[d], PickDirection(panel.id, d), chosen=d is choice.direction) for d in ARROWS}
    rows = [
        await _album(services, panel),
        list(arrows.values())[:4],
        list(arrows.values())[4:],
        [
            button(f"{s:g}×", PickScale(panel.id, round(s * 100)), chosen=s == choice.scale)
            for s in offered_scales(choice, photo, most)
        ],
        [button(r, PickRatio(panel.id, r), chosen=r == choice.ratio) for r in offered_ratios(photo, most)],
        [button(style_name(say, s), PickStyle(panel.id, s), chosen=s is choice.style) for s in Style],
        [
            button("🎲", Roll(panel.id, panel.revision)),
            button(say("panel.expand"), Expand(panel.id, panel.revision), style="success"),
        ],
    ]
    return InlineKeyboardMarkup([row for row in rows if row])


async def _album(services: Services, panel: Panel) -> list[InlineKeyboardButton]:
    photo = panel.photo
    if not photo.media_group or photo.chat_id is None:
        return []
    album = await services.store.album(photo.chat_id, photo.media_group)
    return [button(f"🖼 {n}", PickPhoto(panel.id, p.id), chosen=p.id == photo.id) for n, p in enumerate(album, 1)][:8]
