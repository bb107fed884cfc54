"""Buttons to report a post and to judge reported posts."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap
from storage.models import Judgement, Reason


@dataclass(frozen=True)
class Report(Tap, tag="gr"):
    """Ask for the reason of a report."""

    gallery: int
    post: int


@dataclass(frozen=True)
class ReportFor(Tap, tag="gw"):
    """Report a post for a reason."""

    gallery: int
    post: int
    reason: Reason


@dataclass(frozen=True)
class Judge(Tap, tag="rj"):
    post: int
    judgement: Judgement


@dataclass(frozen=True)
class ReallyJudge(Tap, tag="ry"):
    """Carry out a judgement that was asked for by `Judge`."""

    post: int
    judgement: Judgement


@dataclass(frozen=True)
class NextCase(Tap, tag="rn"):
    post: int
