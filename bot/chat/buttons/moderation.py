"""Reporting a post, and judging what was reported."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap
from storage.models import Judgement, Reason


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
class Judge(Tap, tag="rj"):
    post: int
    judgement: Judgement


@dataclass(frozen=True)
class NextCase(Tap, tag="rn"):
    post: int
