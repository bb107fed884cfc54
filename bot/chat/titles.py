"""Titles《…》: cleaning what people write, and suggestions."""

from __future__ import annotations

import unicodedata
from random import Random

from bot.chat.texts import Texts

LONGEST = 64
LONGEST_NAME = 128
NAMELESS = "👤"
ENOUGH = 4096  # characters that are read; no message is longer
JOINER = "\u200d"  # part of emoji such as 👨‍👩‍👧; the only invisible character that a title may contain
BRACKETS = "《》〈〉「」『』“”‘’\"'"
SUGGESTED = 3


def clean_title(text: str) -> str:
    """Return a title as one line of at most 64 characters, without controls, bidi marks and enclosing brackets."""
    return _cut(one_line(text).strip(BRACKETS + " "), LONGEST)


def clean_name(text: str) -> str:
    """Return the name of a person or chat as one line without controls and bidi marks. It is never empty."""
    return _cut(one_line(text), LONGEST_NAME) or NAMELESS


def one_line(text: str) -> str:
    """Return a text as one line of visible characters."""
    visible = "".join(map(_visible, unicodedata.normalize("NFC", text[:ENOUGH])))
    return " ".join(visible.split())


def suggestions(say: Texts, expansion_id: int) -> dict[int, str]:
    """Return three titles for an expansion, by their number in the locale file. They are always the same three."""
    numbered = list(enumerate(all_titles(say)))
    return dict(Random(expansion_id).sample(numbered, SUGGESTED))


def all_titles(say: Texts) -> list[str]:
    """Return every suggestion of a language."""
    return say("title.suggestions").splitlines()


def _cut(line: str, longest: int) -> str:
    return line[:longest].rstrip(JOINER + " ")


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zl", "Zp", "Zs", "Cc"):
        return " "
    return "" if category.startswith("C") and character != JOINER else character
