"""Deletes the files that no message shows any more, at the start and after every few uploads."""

import asyncio
import time
from collections.abc import Sequence
from math import inf

from bot.playground.files import FILE_ID, SMALLER, Folder, Stored
from bot.playground.store import Store
from bot.playground.world import World

EACH = 5  # uploads; a look at 1,000 messages takes 5 ms
YOUNG = 20.0  # seconds in which a file may still be on its way into a message
SPARE = 500_000  # bytes of the newest files that no message shows: the next edit may bring them back


class Tidying:
    """Edits and deletions leave files behind, which Telegram would keep, but this disk need not."""

    def __init__(self, store: Store, folder: Folder) -> None:
        self._store, self._folder = store, folder
        self._uploads = 0

    async def uploaded(self) -> None:
        """Count an upload of the bot, and tidy up when it is time."""
        self._uploads += 1
        if self._uploads % EACH == 0:
            await self.tidy(time.time() - YOUNG, SPARE)

    async def tidy(self, before: float = inf, spare: int = 0) -> None:
        """Delete what was written before a time, in Unix seconds, and is not used, except the newest `spare` bytes."""
        files = await asyncio.to_thread(self._folder.files)
        gone = await self._store.transact(lambda world: drop_unused(world, files, before, spare))
        await asyncio.to_thread(self._folder.delete, gone, before)


def drop_unused(world: World, files: Sequence[Stored], before: float, spare: int) -> list[str]:
    """Delete the rows of files that no message and nothing on its way refers to. Returns the paths that may go.

    Edits and deletions leave such files behind. Their ids are unknown afterwards, so the bot uploads the file again if
    it needs to.
    """
    bodies = " UNION ALL ".join(f"SELECT body FROM {table}" for table in ("messages", "updates", "queries"))
    used = {file_id for row in world.rows(bodies) for file_id in FILE_ID.findall(row["body"])}
    rows = {row["file_id"]: SMALLER.sub(r"\1\4", row["path"]) for row in world.rows("SELECT file_id, path FROM files")}
    shown = {path for file_id, path in rows.items() if file_id in used}
    gone, left = list[str](), spare
    for file in sorted((one for one in files if one.path not in shown), key=lambda one: one.written, reverse=True):
        left -= file.size
        gone += [file.path] if left < 0 and file.written < before else []
    kept = {file.path for file in files} - shown - set(gone)
    for file_id, path in rows.items():
        if file_id not in used and path not in kept:
            world.run("DELETE FROM files WHERE file_id = ?", file_id)
    return gone
