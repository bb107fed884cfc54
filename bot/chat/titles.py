"""Titles《…》: what is left of what people write, and some to pick from."""

from __future__ import annotations

import unicodedata
from random import Random

from bot.chat.texts import Texts

LONGEST = 64
JOINER = "\u200d"  # inside 👨‍👩‍👧: the only invisible character that a title may keep
BRACKETS = "《》〈〉「」『』“”‘’\"'"
SUGGESTED = 3


def clean_title(text: str) -> str:
    """One line of at most 64 characters, without controls, bidi marks and the brackets that are drawn around it."""
    visible = "".join(map(_visible, unicodedata.normalize("NFC", text)))
    line = " ".join(visible.split()).strip(BRACKETS + " ")
    return line[:LONGEST].rstrip(JOINER + " ")


def suggestions(say: Texts, expansion_id: int) -> dict[int, str]:
    """Three titles for an expansion by their number in the locale file; the same three whenever it is asked."""
    numbered = list(enumerate(all_titles(say)))
    return dict(Random(expansion_id).sample(numbered, SUGGESTED))


def all_titles(say: Texts) -> list[str]:
    return say("title.suggestions").splitlines()


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zl", "Zp", "Zs", "Cc"):
        return " "
    return "" if category.startswith("C") and character != JOINER else character
