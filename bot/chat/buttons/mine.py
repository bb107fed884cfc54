"""Buttons that page through a person's own expansions."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap


@dataclass(frozen=True)
class Older(Tap, tag="mo"):
    expansion: int


@dataclass(frozen=True)
class Newer(Tap, tag="mn"):
    expansion: int
