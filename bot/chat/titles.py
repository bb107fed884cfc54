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
KINDS = (ANY, "faithful", "playful", "wild", "deep", "drawn", "guests", "legs", "cut", "scenery")  # new ones come last
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
    """What the suggestions of a picture go by: its style, and what is known of it.

    `depth` counts the zoom-outs that led to it, and `drawn` and `guests` name what the style has put into it. The frame
    `cut` somebody or something that goes on beyond it; they have `legs` if those were drawn. `scenery` is around them.
    """

    style: str = ""
    depth: int = 1
    drawn: str = ""
    guests: str = ""
    legs: bool = False
    cut: bool = False
    scenery: str = ""

    @property
    def known(self) -> list[str]:
        """The kinds of suggestions that only some pictures allow."""
        allowed = {
            "drawn": self.drawn,
            "guests": self.guests,
            "legs": self.legs,
            "cut": self.cut and not self.legs,
            "scenery": self.scenery,
            "deep": self.depth > 1,
        }
        return [kind for kind, there in allowed.items() if there]

    def kinds(self, random: Random) -> list[str]:
        """Return the kinds of suggestions, one for each place: any, and two of those that are known or of the style."""
        styled = [self.style] if self.style in KINDS else [ANY]
        return [ANY, *[*random.sample(self.known, min(2, len(self.known))), *styled, *styled][:2]]


def suggestions(say: Texts, expansion_id: int, about: About | None = None) -> dict[int, str]:
    """Return three titles for an expansion, by their numbers. They are always the same three."""
    about, random, chosen = about or About(), Random(expansion_id), dict[int, str]()
    for kind in about.kinds(random):
        fitting = {number: title for number, title in _titles(say, kind, about).items() if number not in chosen}
        chosen |= dict(random.sample(list(fitting.items()), 1))
    return chosen


def suggested(say: Texts, number: int, about: About | None = None) -> str | None:
    """Return the suggestion with a number, or None. Numbers stay as they are, because old buttons carry them."""
    kind = KINDS[number // ROOM] if 0 <= number < ROOM * len(KINDS) else ANY
    return _titles(say, kind, about or About()).get(number)


def all_titles(say: Texts) -> list[str]:
    """Return every suggestion of a language."""
    about = About(depth=2, drawn="…", guests="…", scenery="…")
    return [title for kind in KINDS for title in _titles(say, kind, about).values()]


def _titles(say: Texts, kind: str, about: About) -> dict[int, str]:
    """Return the suggestions of a kind by their numbers, without those that would be too long."""
    words = {"drawn": about.drawn, "guests": about.guests, "scenery": about.scenery}.get(kind, "")
    first, lines = KINDS.index(kind) * ROOM, say(f"title.suggestions.{kind}", words=words, depth=about.depth)
    return {first + line: title for line, title in enumerate(lines.splitlines()) if len(title) <= LONGEST}


def _cut(line: str, longest: int) -> str:
    return line[:longest].rstrip(JOINER + " ")


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zl", "Zp", "Zs", "Cc"):
        return " "
    return "" if category.startswith("C") and character != JOINER else character
