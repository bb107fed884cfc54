"""Buttons of the panel under a photo."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Expand(Tap, tag="go"):
    panel: int
    revision: int


@dataclass(frozen=True)
class Roll(Tap, tag="ro"):
    """🎲: choose at random and start."""

    panel: int
    revision: int
