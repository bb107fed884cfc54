"""Titles《…》: cleaning what people write, and suggestions."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random

from bot.chat.texts import Texts

LONGEST = 64
LONGEST_NAME = 128
NAMELESS = "👤"
ENOUGH = 4096  # characters that are read; no message is longer
JOINER = "\u200d"  # part of emoji such as 👨‍👩‍👧; the only invisible character that a title may contain
BRACKETS = "《》〈〉「」『』“”‘’\"'"
ANY = "any"
KINDS = (ANY, "faithful", "playful", "wild", "deep", "drawn")  # of suggestions; new ones come last
ROOM = 100  # numbers of suggestions for each kind


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


@dataclass(frozen=True)
class About:
    """What the suggestions of a picture go by: its style, whether it goes on from a result, and what was drawn."""

    style: str = ""
    deep: bool = False
    drawn: str = ""

    @property
    def kinds(self) -> list[str]:
        """The kinds of suggestions that fit, one for each place. The first fit any picture."""
        special = [*(["drawn"] if self.drawn else []), *(["deep"] if self.deep else [])]
        styled = [self.style] if self.style in KINDS else [ANY]
        return [ANY, *(special[:1] or styled), *styled]


def suggestions(say: Texts, expansion_id: int, about: About | None = None) -> dict[int, str]:
    """Return three titles for an expansion, by their numbers. They are always the same three."""
    about, random, chosen = about or About(), Random(expansion_id), dict[int, str]()
    for kind in about.kinds:
        fitting = {number: title for number, title in _titles(say, kind, about.drawn).items() if number not in chosen}
        chosen |= dict(random.sample(list(fitting.items()), 1))
    return chosen


def suggested(say: Texts, number: int, drawn: str = "") -> str | None:
    """Return the suggestion with a number, or None. Numbers stay as they are, because old buttons carry them."""
    kind = KINDS[number // ROOM] if 0 <= number < ROOM * len(KINDS) else ANY
    return _titles(say, kind, drawn).get(number)


def all_titles(say: Texts) -> list[str]:
    """Return every suggestion of a language."""
    return [title for kind in KINDS for title in _titles(say, kind, "…").values()]


def _titles(say: Texts, kind: str, drawn: str) -> dict[int, str]:
    """Return the suggestions of a kind by their numbers, without those that would be too long."""
    first, lines = KINDS.index(kind) * ROOM, say(f"title.suggestions.{kind}", words=drawn).splitlines()
    return {first + line: title for line, title in enumerate(lines) if len(title) <= LONGEST}


def _cut(line: str, longest: int) -> str:
    return line[:longest].rstrip(JOINER + " ")


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zl", "Zp", "Zs", "Cc"):
        return " "
    return "" if category.startswith("C") and character != JOINER else character
