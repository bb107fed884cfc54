"""The choices that a photo gets from the post that it is to be like."""

from __future__ import annotations

from dataclasses import replace

from bot.chat.cards.lines import drawn
from bot.chat.choice import Choice
from bot.chat.texts import Texts, texts
from bot.services import Services
from inference.engine import Reads
from storage.models import Expansion


def choice_like(services: Services, say: Texts, expansion: Expansion) -> Choice:
    """Return the direction, scale or ratio, and style of an expansion, with what its style drew as the prompt.

    Its author's own prompt is theirs alone.
    """
    reads = services.painting.for_style(expansion.style, expansion.chosen_engine).reads
    return replace(Choice.of(expansion), prompt=_drawn(reads, say, expansion))


def _drawn(reads: Reads, say: Texts, expansion: Expansion) -> str:
    """Return what was drawn in a language that the engine reads, or nothing."""
    match reads:
        case Reads.NOTHING:
            return ""
        case Reads.ENGLISH:
            return drawn(texts("en"), expansion)
        case Reads.ENGLISH_AND_CHINESE:
            return drawn(say, expansion)
