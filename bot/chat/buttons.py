"""What each button says when it is tapped."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.tap import Tap
from inference.canvas import Direction
from inference.engine import Style
from storage.listing import Order
from storage.models import Feeling

# Panel: choices under a photo


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
class Roll(Tap, tag="ro"):  # 🎲: choose for me and start
    panel: int
    revision: int


# An expansion: while it runs, and its result


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


# Publishing, and its title


@dataclass(frozen=True)
class AgreeToPublish(Tap, tag="py"):  # Yes, for this one and from now on
    expansion: int


@dataclass(frozen=True)
class NotNow(Tap, tag="pn"):
    expansion: int


@dataclass(frozen=True)
class SuggestedTitle(Tap, tag="ti"):
    """One of the titles that a locale file keeps; it names the file, for the chat may change its language."""

    expansion: int
    language: str
    number: int


@dataclass(frozen=True)
class OwnTitle(Tap, tag="to"):
    expansion: int


@dataclass(frozen=True)
class NoTitle(Tap, tag="t0"):
    expansion: int


@dataclass(frozen=True)
class Unpublish(Tap, tag="up"):
    expansion: int


# The gallery: each button knows the post it was shown with, so that two taps on one page turn it once


@dataclass(frozen=True)
class NextPost(Tap, tag="gn"):
    gallery: int
    post: int


@dataclass(frozen=True)
class PreviousPost(Tap, tag="gp"):
    gallery: int
    post: int


@dataclass(frozen=True)
class SortGallery(Tap, tag="gs"):
    gallery: int
    post: int
    sort: Order


# One's own expansions


@dataclass(frozen=True)
class Older(Tap, tag="mo"):
    expansion: int


@dataclass(frozen=True)
class Newer(Tap, tag="mn"):
    expansion: int


# Settings: of the person in their private chat, of the group in a group


@dataclass(frozen=True)
class SetLanguage(Tap, tag="sl"):
    language: str  # «auto»: what each person's Telegram speaks


@dataclass(frozen=True)
class SetDirection(Tap, tag="sd"):
    direction: Direction


@dataclass(frozen=True)
class SetScale(Tap, tag="ss"):
    percent: int


@dataclass(frozen=True)
class SetStyle(Tap, tag="sy"):
    style: Style


@dataclass(frozen=True)
class ResetDefaults(Tap, tag="sr"):
    pass


# Forgetting


@dataclass(frozen=True)
class ForgetMe(Tap, tag="fy"):
    person: int


@dataclass(frozen=True)
class RememberMe(Tap, tag="fn"):
    person: int
