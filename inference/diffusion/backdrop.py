"""Keeps of a photo's caption what a prompt for the scene around it may say: scenery, and neither people nor writing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

WORDS: Final = Path(__file__).with_name("backdrop.toml")
MOST: Final = 8  # phrases; a longer scene would push what people wrote out of CLIP's 77 tokens
LOOKS: Final = 2  # words before a noun
QUOTED: Final = re.compile(r"\"[^\"]*\"?|“[^”]*”?|«[^»]*»?|‘[^’]*’|(?<!\w)'[^']*'(?!\w)")
SENTENCES: Final = re.compile(r"[.!?;:\n]+")
LINKS: Final = frozenset(
    {"a", "an", "the", "some", "many", "several", "few", "lot", "lots", "of", "two", "three", "other"}
)


def backdrop(caption: str) -> str:
    """Return the scenery that an English caption names, such as «sandy beach, blue sky», or nothing.

    Every word of it is in `backdrop.toml`. What is in quotation marks or follows a word for writing is dropped, and so
    is what belongs to a person rather than to the place.
    """
    found = dict[str, str]()
    for sentence in SENTENCES.split(QUOTED.sub(" text ", caption.lower())):
        for clause in _unwritten(sentence).split(","):
            for noun, phrase in _phrases(re.findall(r"[a-z]+(?:-[a-z]+)*", clause)):
                found.setdefault(noun, phrase)
    return ", ".join(list(found.values())[:MOST])


@cache
def lists() -> Mapping[str, frozenset[str]]:
    """Return the lists of words by name."""
    return {name: frozenset(words) for name, words in tomllib.loads(WORDS.read_text("utf-8")).items()}


def _unwritten(sentence: str) -> str:
    """Return a sentence up to the first word for writing."""
    for word in re.finditer(r"[a-z-]+", sentence):
        if _listed(word.group(), "writing"):
            return sentence[: word.start()]
    return sentence


def _phrases(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the scenery of a clause: its noun, and the phrase. With people in it, only after a word for a place."""
    peopled = any(_listed(word, "people") for word in words)
    for place, word in enumerate(words):
        vague = _listed(word, "vague")
        if not _names(word) or (place + 1 < len(words) and _names(words[place + 1])):  # «stone» in «stone wall»
            continue
        start = place
        while start and place - start < LOOKS and words[start - 1] in lists()["looks"]:
            start -= 1
        before = start
        while before and words[before - 1] in LINKS:
            before -= 1
        led = before > 0 and words[before - 1] in lists()["places"]
        if (led or not peopled) and (start < place or not vague):
            yield word, " ".join(words[start : place + 1])


def _names(word: str) -> bool:
    return _listed(word, "scenery") or _listed(word, "vague")


def _listed(word: str, name: str) -> bool:
    """Return whether a word, or its singular, is in a list."""
    known = lists()[name]
    return word in known or word.removesuffix("s") in known or word.removesuffix("es") in known
