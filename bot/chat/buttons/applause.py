"""The button of the message that tells an author of laughter."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap


@dataclass(frozen=True)
class Hear(Tap, tag="ap"):
    """Hear of laughter (1), or do not (0)."""

    on: int
