"""Remembers that no job was there, so that one ring does not make all idle workers of a program ask the database."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import inf

FRESH = 0.5  # seconds that «no job is there» is believed without news


@dataclass(frozen=True)
class Nothing:
    """No job was there at a time, after some news. `news` is the bell's mark."""

    news: object = None
    at: float = -inf

    def after(self, news: object) -> bool:
        """Return whether another look is no use, because there has been no news since and little time has passed."""
        return news is self.news and time.monotonic() - self.at < FRESH
