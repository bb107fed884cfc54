"""What a bold style drew to be found outside the frame, in the words of whoever reads it."""

from __future__ import annotations

from babel.lists import format_list

from bot.chat.texts import Texts
from inference.diffusion.surprises import labels
from storage.models import Expansion


def drawn(say: Texts, expansion: Expansion) -> str:
    """«a giant yellow rubber duck and kites»; empty where nothing was drawn."""
    return format_list(labels(expansion.words or (), say.language), locale=say.language)


def drawn_lines(say: Texts, expansion: Expansion) -> list[str]:
    """For a caption: at most one."""
    words = drawn(say, expansion)
    return [say.html("result.words", words=words)] if words else []
