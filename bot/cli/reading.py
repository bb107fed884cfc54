"""Reads the settings for a command."""

from __future__ import annotations

import sys

from bot.environment import read_settings, strangers
from bot.errors import BadSettings
from bot.settings import Settings


def settings_of_this_machine() -> Settings:
    """Read the settings. A misspelt one ends the program, because its default value would be used silently."""
    for stranger in strangers():
        if stranger.meant:
            raise BadSettings(str(stranger))
        print(f"kuotu: {stranger}", file=sys.stderr)
    return read_settings()
