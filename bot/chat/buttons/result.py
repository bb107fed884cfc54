"""Buttons of an expansion, while it runs and when it is finished."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap
from inference.engine import Style
from storage.models import Feeling


@dataclass(frozen=True)
class Cancel(Tap, tag="ca"):
    expansion: int


@dataclass(frozen=True)
class Reroll(Tap, tag="re"):
    expansion: int
    rerolls: int


@dataclass(frozen=True)
class InStyle(Tap, tag="rs"):
    """Start the same expansion in another style, after one that came to nothing."""

    expansion: int
    rerolls: int
    style: Style


@dataclass(frozen=True)
class Variants(Tap, tag="va"):
    """Make four variants."""

    expansion: int
    rerolls: int


@dataclass(frozen=True)
class PickVariant(Tap, tag="pv"):
    expansion: int


@dataclass(frozen=True)
class Further(Tap, tag="fu"):
    """Expand the result further, on messages from before ZoomOut. It starts one expansion and no more."""

    expansion: int


@dataclass(frozen=True)
class ZoomOut(Tap, tag="zo"):
    """Expand the result further with the choice that it was made with."""

    expansion: int
    rerolls: int


@dataclass(frozen=True)
class Journey(Tap, tag="jo"):
    """Go several steps outward from the result, or from the photo of a first step that failed or was cancelled."""

    expansion: int
    rerolls: int


@dataclass(frozen=True)
class Adjust(Tap, tag="aj"):
    """Open a panel for the result."""

    expansion: int


@dataclass(frozen=True)
class Tools(Tap, tag="tl"):
    """Show the less common buttons (1), or the usual ones (0)."""

    expansion: int
    shown: int


@dataclass(frozen=True)
class ExpandYours(Tap, tag="ey"):
    """Under a channel's result: open the private chat, and for the channel's administrators its tools there."""

    expansion: int


@dataclass(frozen=True)
class Double(Tap, tag="x2"):
    """Double the size of the result."""

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
class Film(Tap, tag="mp"):
    """Make a film of the chain, or a loop if it has one step."""

    expansion: int


@dataclass(frozen=True)
class Loop(Tap, tag="lp"):
    """Make a loop of the last step of a chain, forwards and backwards."""

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
class Keep(Tap, tag="dn"):
    """Do not delete: show the usual buttons again."""

    expansion: int


@dataclass(frozen=True)
class Publish(Tap, tag="pu"):
    expansion: int
