"""The buttons of the greeting."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap


@dataclass(frozen=True)
class OpenGallery(Tap, tag="og"):
    pass


@dataclass(frozen=True)
class TryExample(Tap, tag="tx"):
    """Expand a sample photo at once."""
