"""Buttons to publish an expansion and to choose the post's title."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap


@dataclass(frozen=True)
class AgreeToPublish(Tap, tag="py"):
    """Consent to publishing, for this expansion and later ones."""

    expansion: int


@dataclass(frozen=True)
class NotNow(Tap, tag="pn"):
    expansion: int


@dataclass(frozen=True)
class SuggestedTitle(Tap, tag="ti"):
    """A suggested title by its number in a locale file. It names the file, because the chat's language may change."""

    expansion: int
    language: str
    number: int


@dataclass(frozen=True)
class OwnTitle(Tap, tag="to"):
    """Ask the person to write a title."""

    expansion: int


@dataclass(frozen=True)
class NoTitle(Tap, tag="t0"):
    expansion: int


@dataclass(frozen=True)
class LetWalk(Tap, tag="wk"):
    """Let the subject of the photo walk into other pictures of this chat (1), or not any more (0)."""

    expansion: int
    allowed: int


@dataclass(frozen=True)
class Unpublish(Tap, tag="up"):
    expansion: int
