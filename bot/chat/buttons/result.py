"""An expansion: while it runs, and its result."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap
from storage.models import Feeling


@dataclass(frozen=True)
class Cancel(Tap, tag="ca"):
    expansion: int


@dataclass(frozen=True)
class Reroll(Tap, tag="re"):
    expansion: int
    rerolls: int


@dataclass(frozen=True)
class Variants(Tap, tag="va"):
    expansion: int
    rerolls: int


@dataclass(frozen=True)
class PickVariant(Tap, tag="pv"):
    expansion: int


@dataclass(frozen=True)
class Further(Tap, tag="fu"):
    expansion: int


@dataclass(frozen=True)
class Double(Tap, tag="x2"):
    expansion: int


@dataclass(frozen=True)
class BackOneStep(Tap, tag="b1"):
    expansion: int


@dataclass(frozen=True)
class BackToStart(Tap, tag="b0"):
    expansion: int


@dataclass(frozen=True)
class ShowBefore(Tap, tag="be"):
    expansion: int


@dataclass(frozen=True)
class ShowAfter(Tap, tag="af"):
    expansion: int


@dataclass(frozen=True)
class Film(Tap, tag="mp"):  # of its chain, or of its only step as a loop
    expansion: int


@dataclass(frozen=True)
class Loop(Tap, tag="lp"):  # the last step of a chain, there and back
    expansion: int


@dataclass(frozen=True)
class FullSize(Tap, tag="fs"):
    expansion: int


@dataclass(frozen=True)
class React(Tap, tag="fe"):
    expansion: int
    feeling: Feeling


@dataclass(frozen=True)
class Delete(Tap, tag="de"):
    expansion: int


@dataclass(frozen=True)
class ReallyDelete(Tap, tag="dy"):
    expansion: int


@dataclass(frozen=True)
class Keep(Tap, tag="dn"):  # No, do not delete: the result's own buttons come back
    expansion: int


@dataclass(frozen=True)
class Publish(Tap, tag="pu"):
    expansion: int
