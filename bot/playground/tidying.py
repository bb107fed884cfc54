"""Deletes the files that no message shows any more, at the start and after every hundredth upload."""

import asyncio
import time
from math import inf

from bot.playground.files import Folder, drop_unused
from bot.playground.store import Store

EACH = 100  # uploads
YOUNG = 600.0  # seconds in which a file may still be on its way into a message


class Tidying:
    """Edits and deletions leave files behind, which Telegram would keep, but this disk need not."""

    def __init__(self, store: Store, folder: Folder) -> None:
        self._store, self._folder = store, folder
        self._uploads = 0

    async def uploaded(self) -> None:
        """Count an upload of the bot, and tidy up when it is time."""
        self._uploads += 1
        if self._uploads % EACH == 0:
            await self.tidy(time.time() - YOUNG)

    async def tidy(self, before: float = inf) -> None:
        """Delete what was written before a time, in Unix seconds, and is not used."""
        used = await self._store.transact(drop_unused)
        await asyncio.to_thread(self._folder.keep_only, used, before)
