"""Updates that have arrived, and whoever waits until they are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from telegram import Update


@dataclass
class Arrival:
    """Updates that wait to be stored."""

    updates: Sequence[Update]
    stored: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, error: BaseException | None = None) -> None:
        """Tell whoever waits that the updates are stored, or why they are not."""
        if self.stored.done():
            return
        if error is None:
            self.stored.set_result(None)
        elif isinstance(error, asyncio.CancelledError):
            self.stored.cancel()
        else:
            self.stored.set_exception(error)
