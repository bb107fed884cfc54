"""Words that titles may not contain: one list per language, and the operator's own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LISTS = Path(__file__).parent / "words"
CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
SPELLED = re.compile(r"\b\w(?: \w\b)+")  # spelled with spaces («b a d»); joined, it is a word again


@dataclass(frozen=True)
class WordList:
    """Words and phrases in the form that `plain` returns."""

    words: frozenset[str]

    def __contains__(self, text: str) -> bool:
        """Tell whether a text contains one: as whole words, or anywhere in scripts without spaces."""
        folded = plain(text)
        spaced = f" {folded} {SPELLED.sub(lambda found: found[0].replace(' ', ''), folded)} "
        return any(word in folded.replace(" ", "") for word in self._anywhere) or any(
            f" {word} " in spaced for word in self._whole
        )

    @cached_property
    def _anywhere(self) -> list[str]:
        return [word.replace(" ", "") for word in self.words if CJK.search(word)]

    @cached_property
    def _whole(self) -> list[str]:
        return [word for word in self.words if not CJK.search(word)]


def plain(text: str) -> str:
    """Return only the words of a text, with one space between: NFKC, casefolded, letters and digits alone."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (c if c.isalnum() else "" if unicodedata.category(c) in ("Mn", "Me", "Cf") else " " for c in letters)
    return " ".join(unicodedata.normalize("NFKC", "".join(kept)).split())


def read_words(own: Path | None = None) -> WordList:
    """Read the lists that ship, and the operator's own file. Raises OSError and UnicodeDecodeError."""
    files = [*sorted(LISTS.glob("*.txt")), *([own] if own is not None else [])]
    return WordList(frozenset(_words(line for file in files for line in file.read_text("utf-8").splitlines())))


def _words(lines: Iterable[str]) -> Iterable[str]:
    return (word for line in lines if not line.startswith("#") and (word := plain(line)))
