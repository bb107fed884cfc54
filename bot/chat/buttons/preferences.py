"""Buttons of /settings, for a person in private and for the group in a group."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap
from bot.chat.buttons.panel import Word
from inference.canvas import Direction
from inference.engine import Style


@dataclass(frozen=True)
class SetLanguage(Tap, tag="sl"):
    language: str  # «auto» means the language of each person's Telegram


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
class ExplainSetting(Tap, tag="sw"):
    """Say what a row of settings is for."""

    word: Word


@dataclass(frozen=True)
class ResetDefaults(Tap, tag="sr"):
    pass
