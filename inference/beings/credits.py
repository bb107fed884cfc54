"""The credits of the shipped guests' photos: their names in each language, and their authors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

GUESTS: Final = Path(__file__).parent / "guests"


@dataclass(frozen=True)
class Credit:
    """Whom a guest's photo is owed to."""

    names: Mapping[str, str]  # by language, as in a caption: «a moose»
    author: str

    def __str__(self) -> str:
        """Return the credit as a recipe keeps it: complete, so that it outlives the guest."""
        return f"{self.names['en']} by {self.author}"


@cache
def shipped() -> Mapping[str, Credit]:
    """Return the credits of the shipped guests, by the names of their files."""
    listed = json.loads((GUESTS / "credits.json").read_text("utf-8"))
    return {file: Credit(credit["name"], credit["author"]) for file, credit in sorted(listed.items())}


def credit_in(text: str) -> Credit | None:
    """Return the credit that a recipe keeps, or None for a guest that ships no more."""
    return _by_text().get(text)


@cache
def _by_text() -> Mapping[str, Credit]:
    return {str(credit): credit for credit in shipped().values()}
