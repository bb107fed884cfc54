"""Lists of things that may appear outside the frame, by style, and the draw of a seed from them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from inference.canvas import Margins
from inference.engine import Style

WORDS: Final = Path(__file__).with_name("words.toml")
COUNTS: Final = {Style.FAITHFUL: 0, Style.PLAYFUL: 1, Style.WILD: 2}


class Place(StrEnum):
    """Where a thing appears relative to the photo."""

    ABOVE = "above"
    BESIDE = "beside"
    BELOW = "below"


@dataclass(frozen=True)
class Word:
    """A thing that may appear outside the frame. Its id is stored with the expansion."""

    id: str
    where: tuple[Place, ...]
    labels: Mapping[str, str]  # by language; models read the English label

    def __str__(self) -> str:
        return self.labels["en"]


@cache
def words() -> Mapping[Style, tuple[Word, ...]]:
    """Return the lists by style."""
    tables = tomllib.loads(WORDS.read_text("utf-8"))
    return {Style(style): tuple(map(_word, rows)) for style, rows in tables.items()}


def drawn(style: Style, margins: Margins, seed: int, prompt: str = "") -> tuple[tuple[Word, Place], ...]:
    """Return the words that a seed draws for the growing sides; larger sides are drawn more often.

    A person's own prompt replaces one of the words.
    """
    left = dict(_areas(margins))
    random, found = Random(f"words {seed}"), list[tuple[Word, Place]]()
    for _ in range(COUNTS[style] - bool(prompt)):
        place = random.choices(list(left), weights=list(left.values()))[0]
        taken = {word.id for word, _ in found}
        fitting = [word for word in words()[style] if place in word.where and word.id not in taken]
        found.append((random.choice(fitting), place))
    return tuple(found)


def labels(ids: Iterable[str], language: str) -> list[str]:
    """Return the labels of stored ids in a language. Ids of removed words are left out."""
    known = {word.id: word for rows in words().values() for word in rows}
    return [known[one].labels.get(language, str(known[one])) for one in ids if one in known]


def _areas(margins: Margins) -> Iterable[tuple[Place, int]]:
    if margins.top:
        yield Place.ABOVE, margins.top
    if margins.left or margins.right:
        yield Place.BESIDE, margins.left + margins.right
    if margins.bottom:
        yield Place.BELOW, margins.bottom


def _word(row: dict[str, str | list[str]]) -> Word:
    labels = {language: str(label) for language, label in row.items() if language not in ("id", "where")}
    return Word(str(row["id"]), tuple(map(Place, row["where"])), labels)
