"""Publishing, and the post's title."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap


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
