"""Buttons that confirm or cancel the deletion of a person."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap


@dataclass(frozen=True)
class ForgetMe(Tap, tag="fy"):
    person: int


@dataclass(frozen=True)
class RememberMe(Tap, tag="fn"):
    person: int
