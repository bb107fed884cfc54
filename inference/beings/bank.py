"""The bank of sprites for beings: guests, legs and a suitcase, with the authors of the guests' photos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from inference.beings.credits import GUESTS, shipped
from inference.beings.sprite import Sprite, resized, trimmed
from inference.engine import EngineUnavailable

HERE: Final = Path(__file__).parent
KINDS: Final = (".png", ".webp")
LONGEST: Final = 900  # px; an operator's larger guests are reduced to this size


@dataclass(frozen=True, eq=False)
class Guest:
    """A cut-out thing or animal."""

    name: str  # of its file
    credit: str  # such as «a moose by Ryan Hagerty»; empty for an operator's own guest
    read: Callable[[], Sprite]
    visitor: str = ""  # the key of a guest from the chat

    @cached_property
    def sprite(self) -> Sprite:
        """The picture, which is read when it is first needed: a start would take 0.4 s longer with all of them."""
        return self.read()


@dataclass(frozen=True, eq=False)
class Legs:
    """A pair of legs."""

    pose: str  # «walk», «stand» …
    read: Callable[[], Sprite]

    @cached_property
    def sprite(self) -> Sprite:
        """The picture, which is read when it is first needed."""
        return self.read()


@dataclass(frozen=True, eq=False)
class Bank:
    """All sprites that beings are made of."""

    guests: tuple[Guest, ...]
    legs: tuple[Legs, ...]
    suitcase: Sprite
    digest: str  # 12 hexadecimal digits over all files; the pixels depend on the bank


@lru_cache(maxsize=2)
def open_bank(folder: Path | None = None) -> Bank:
    """Open the shipped bank, extended by the transparent PNG and WebP files of an operator's folder.

    Raises EngineUnavailable when the folder does not exist or contains an image that is not transparent.
    """
    digest = sha256()
    own = _own_guests(folder) if folder else ()
    files = [*sorted(HERE.glob("*/*.webp")), *(_pictures(folder) if folder else ())]
    for path in files:
        digest.update(path.name.encode() + path.read_bytes())
    legs = tuple(Legs(path.stem.split("-")[1], partial(_read, path)) for path in sorted((HERE / "legs").glob("*.webp")))
    suitcase = _read(HERE / "luggage" / "suitcase.webp")
    return Bank((*_shipped_guests(), *own), legs, suitcase, digest.hexdigest()[:12])


def _shipped_guests() -> tuple[Guest, ...]:
    return tuple(
        Guest(name, str(credit), partial(_read, GUESTS / f"{name}.webp")) for name, credit in shipped().items()
    )


def _own_guests(folder: Path) -> tuple[Guest, ...]:
    if not folder.is_dir():
        raise EngineUnavailable(f"KUOTU_GUESTS names {folder}, which is no folder; name one, or leave it empty")
    read_now = {path: _small(path) for path in _pictures(folder)}  # so that a bad file is refused at the start
    return tuple(Guest(path.stem, "", partial(np.asarray, sprite)) for path, sprite in read_now.items())


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS)


def _small(path: Path) -> Sprite:
    sprite = trimmed(_read(path))
    return resized(sprite, LONGEST / max(sprite.shape)) if max(sprite.shape) > LONGEST else sprite


def _read(path: Path) -> Sprite:
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4 or picture.dtype != np.uint8:
        raise EngineUnavailable(f"{path} is not a transparent picture of 8 bits per channel; take it out of the folder")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA), np.uint8)
