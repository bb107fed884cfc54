"""Titles《…》: what is left of what people write, and some to pick from."""

from __future__ import annotations

import unicodedata
from random import Random

from bot.chat.texts import Texts

LONGEST = 64
LONGEST_NAME = 128
NAMELESS = "👤"
ENOUGH = 4096  # characters that are looked at: a message has no more
JOINER = "\u200d"  # inside 👨‍👩‍👧: the only invisible character that a title may keep
BRACKETS = "《》〈〉「」『』“”‘’\"'"
SUGGESTED = 3


def clean_title(text: str) -> str:
    """One line of at most 64 characters, without controls, bidi marks and the brackets that are drawn around it."""
    return _cut(one_line(text).strip(BRACKETS + " "), LONGEST)


def clean_name(text: str) -> str:
    """What people and chats call themselves, on one line, without controls and bidi marks; never empty."""
    return _cut(one_line(text), LONGEST_NAME) or NAMELESS


def one_line(text: str) -> str:
    visible = "".join(map(_visible, unicodedata.normalize("NFC", text[:ENOUGH])))
    return " ".join(visible.split())


def suggestions(say: Texts, expansion_id: int) -> dict[int, str]:
    """Three titles for an expansion by their number in the locale file; the same three whenever it is asked."""
    numbered = list(enumerate(all_titles(say)))
    return dict(Random(expansion_id).sample(numbered, SUGGESTED))


def all_titles(say: Texts) -> list[str]:
    return say("title.suggestions").splitlines()


def _cut(line: str, longest: int) -> str:
    return line[:longest].rstrip(JOINER + " ")


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zl", "Zp", "Zs", "Cc"):
        return " "
    return "" if category.startswith("C") and character != JOINER else character
