"""The panel: its caption, its buttons and the preview of the canvas."""

from __future__ import annotations

import re
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons.panel import (
    Choices,
    Expand,
    Explain,
    PickDirection,
    PickEngine,
    PickPhoto,
    PickRatio,
    PickScale,
    PickStyle,
    Roll,
    Word,
)
from bot.chat.cards.canvas import canvas_of
from bot.chat.cards.widgets import ARROWS, button, describe, style_name
from bot.chat.choice import Choice, extent_of, offered_ratios, offered_scales
from bot.chat.signs import Sign
from bot.chat.telegram.media import Medium
from bot.chat.texts import Texts
from bot.services import Services
from inference.engine import Reads, Style
from storage.models import Panel

SINGLE: Final = 4  # directions that name one side; the others name several
_NOT_ENGLISH: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
"""The characters of Chinese, Japanese and Korean."""


def preview(services: Services, panel: Panel) -> Medium:
    """Return the preview of the panel's canvas. Raises NoSuchCanvas."""
    margins = Choice.of(panel).margins(extent_of(panel.photo), services.limits.max_megapixels)
    return canvas_of(services, panel.photo, margins)


async def caption(services: Services, say: Texts, panel: Panel) -> str:
    """Return the caption: the choice, whose it is, unfolded also the size of the canvas, and the prompt.

    Raises NoSuchCanvas.
    """
    choice, photo = Choice.of(panel), extent_of(panel.photo)
    canvas = choice.margins(photo, services.limits.max_megapixels).canvas(photo)
    lines = [
        say.html("panel.caption", choice=describe(say, choice)),
        *await _like(services, say, panel),
        *([say.html("panel.size", width=canvas.width, height=canvas.height)] if panel.unfolded else []),
        *([say.html("panel.album")] if panel.photo.media_group else []),
    ]
    if choice.prompt:
        words = choice.prompt if len(choice.prompt) <= 200 else choice.prompt[:199] + "…"
        lines.append(
            say.html(
                _prompt(services.painting.for_style(choice.style, choice.engine).reads, choice.prompt), prompt=words
            )
        )
    return "\n".join(lines)


async def _like(services: Services, say: Texts, panel: Panel) -> list[str]:
    """Return the line that says whose choices these are, if they are those of a post."""
    post = await services.recipes.followed(panel.id)
    if post is None:
        return []
    return [say.html("panel.like_titled" if post.title else "panel.like", title=post.title, name=post.author.name)]


def _prompt(reads: Reads, words: str) -> str:
    """Return the key of the text that shows the prompt and says whether it is read."""
    match reads:
        case Reads.NOTHING:
            return "panel.prompt_unread"
        case Reads.ENGLISH if _NOT_ENGLISH.search(words):
            return "panel.prompt_english"
    return "panel.prompt"


async def keyboard(services: Services, say: Texts, panel: Panel) -> InlineKeyboardMarkup:
    """Return the panel's buttons: six, and unfolded also the rows of directions, scales and ratios."""
    choice = Choice.of(panel)
    rows = [
        await _album(services, panel),
        [
            button(say("panel.expand"), Expand(panel.id, panel.revision), style="success"),
            button(say("panel.roll"), Roll(panel.id, panel.revision)),
        ],
        [button(style_name(say, s), PickStyle(panel.id, s), chosen=s is choice.style) for s in Style],
        *(_choices(services, say, panel, choice) if panel.unfolded else []),
        [button(say("panel.less" if panel.unfolded else "panel.adjust"), Choices(panel.id, int(not panel.unfolded)))],
    ]
    return InlineKeyboardMarkup([row for row in rows if row])


def _choices(services: Services, say: Texts, panel: Panel, choice: Choice) -> list[list[InlineKeyboardButton]]:
    """Return the rows of choices, each headed by a word. Scales and ratios beyond the limits are omitted."""
    photo, most = extent_of(panel.photo), services.limits.max_megapixels
    arrows = [button(ARROWS[d], PickDirection(panel.id, d), chosen=d is choice.direction) for d in ARROWS]
    rows = {
        Word.SIDE: arrows[:SINGLE],
        Word.SIDES: arrows[SINGLE:],
        Word.SIZE: [
            button(f"{s:g}×", PickScale(panel.id, round(s * 100)), chosen=s == choice.scale)
            for s in offered_scales(choice, photo, most)
        ],
        Word.SHAPE: [button(r, PickRatio(panel.id, r), chosen=r == choice.ratio) for r in offered_ratios(photo, most)],
        Word.ENGINE: _engines(services, panel, choice),
    }
    return [[button(say(f"panel.word.{word}"), Explain(panel.id, word)), *row] for word, row in rows.items() if row]


def _engines(services: Services, panel: Panel, choice: Choice) -> list[InlineKeyboardButton]:
    """Return the engines on offer. The one that paints the style is chosen until somebody chooses another."""
    painting = services.painting.for_style(choice.style, choice.engine)
    return [
        button(name, PickEngine(panel.id, name), chosen=info.maker == painting.maker)
        for name, info in services.painting.offered.items()
    ]


async def _album(services: Services, panel: Panel) -> list[InlineKeyboardButton]:
    photo = panel.photo
    if not photo.media_group or photo.chat_id is None:
        return []
    album = await services.store.photos.album(photo.chat_id, photo.media_group)
    return [
        button(f"{Sign.PHOTO} {n}", PickPhoto(panel.id, p.id), chosen=p.id == photo.id)
        for n, p in enumerate(album[:8], 1)
    ]
