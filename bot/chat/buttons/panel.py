"""Buttons of the panel under a photo."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.chat.buttons.base import Tap
from inference.canvas import Direction
from inference.engine import Style


@dataclass(frozen=True)
class PickPhoto(Tap, tag="ph"):
    panel: int
    photo: int


@dataclass(frozen=True)
class PickDirection(Tap, tag="di"):
    panel: int
    direction: Direction


@dataclass(frozen=True)
class PickScale(Tap, tag="sc"):
    panel: int
    percent: int


@dataclass(frozen=True)
class PickRatio(Tap, tag="ra"):
    panel: int
    ratio: str


@dataclass(frozen=True)
class PickStyle(Tap, tag="st"):
    panel: int
    style: Style


class Word(StrEnum):
    """The word at the head of a row of choices."""

    SIDE = "side"
    SIDES = "sides"
    SIZE = "size"
    SHAPE = "shape"
    STYLE = "style"
    LANGUAGE = "language"


@dataclass(frozen=True)
class Choices(Tap, tag="ad"):
    """Show the directions, scales and ratios (1), or hide them (0)."""

    panel: int
    shown: int


@dataclass(frozen=True)
class Explain(Tap, tag="wd"):
    """Say what a row of choices is for."""

    panel: int
    word: Word


@dataclass(frozen=True)
class Expand(Tap, tag="go"):
    panel: int
    revision: int


@dataclass(frozen=True)
class Roll(Tap, tag="ro"):
    """🎲: choose at random and start."""

    panel: int
    revision: int
