"""What the buttons of the gallery's cards and of moderation say. Each knows the page that it was on."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.tap import Tap
from storage.listing import Period
from storage.moderation import Judgement, Reason

# On a card of the gallery


@dataclass(frozen=True)
class PickPeriod(Tap, tag="gd"):
    gallery: int
    post: int
    period: Period


@dataclass(frozen=True)
class FlipPost(Tap, tag="gf"):
    """Before or after: the other one."""

    gallery: int
    post: int


@dataclass(frozen=True)
class Fork(Tap, tag="gx"):
    """Expand this too."""

    post: int


@dataclass(frozen=True)
class More(Tap, tag="gm"):
    gallery: int
    post: int


@dataclass(frozen=True)
class Less(Tap, tag="gl"):
    gallery: int
    post: int


@dataclass(frozen=True)
class HidePost(Tap, tag="gh"):
    gallery: int
    post: int


@dataclass(frozen=True)
class Report(Tap, tag="gr"):
    gallery: int
    post: int


@dataclass(frozen=True)
class ReportFor(Tap, tag="gw"):
    gallery: int
    post: int
    reason: Reason


@dataclass(frozen=True)
class FilmOfPost(Tap, tag="gv"):
    gallery: int
    post: int


@dataclass(frozen=True)
class OpenPost(Tap, tag="op"):
    """From a list of posts."""

    post: int


# Review


@dataclass(frozen=True)
class Judge(Tap, tag="rj"):
    post: int
    judgement: Judgement


@dataclass(frozen=True)
class NextCase(Tap, tag="rn"):
    post: int
