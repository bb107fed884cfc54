"""Searches the store for blobs that no row names: what a crash or a fault left behind without a note.

The store is searched in steps of one or more folders, and the database keeps how far the search has come. So a search
goes on where a program stopped, and of all programs on one database only one searches at a time. What is found is
noted, and deleted like everything else; nothing that was put less than an hour ago is found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.blobs import FOLDERS, Blobs
from storage.cleanup.notes import note
from storage.cleanup.orphans import orphans
from storage.database import get_or_add, transactions
from storage.jobs.clock import from_now
from storage.models import BlobSweep, now

YOUNG = timedelta(hours=1)  # a blob that was put since then may still be waiting for its row
DAILY = timedelta(days=1)
LEASE = timedelta(minutes=10)  # longer than one step takes
ENOUGH = 1000  # blobs of one step; a small store takes one step instead of 256
NAME = "blobs"
OURS = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}[.\w]*(#\d+)?", re.ASCII)  # other files in the place are left alone


class Sweep:
    """The search, as one program sees it. `owner` names the program, and `derived` the endings of derived blobs.

    A step searches no further folder once it has seen `enough` blobs.
    """

    def __init__(
        self, engine: AsyncEngine, blobs: Blobs, owner: str, derived: Sequence[str] = (), enough: int = ENOUGH
    ) -> None:
        self._blobs, self._owner, self._derived, self._enough = blobs, owner, tuple(derived), enough
        self._read, self._write = transactions(engine)

    async def begin(self, every: timedelta = DAILY) -> bool:
        """Begin a search, or go on with one that this program or another one left.

        Returns False if a program is searching, or the last search ended less than `every` ago.
        """
        async with self._write() as session:
            await get_or_add(session, BlobSweep(name=NAME, cursor=""), BlobSweep.name == NAME)
            await session.flush()
            free = or_(BlobSweep.owner.is_(None), BlobSweep.owner == self._owner, BlobSweep.until <= from_now(session))
            never, long_ago = BlobSweep.finished_at.is_(None), BlobSweep.finished_at <= from_now(session, -every)
            over = or_(BlobSweep.cursor != "", never, long_ago)
            mine = update(BlobSweep).where(free, over).values(owner=self._owner, until=from_now(session, LEASE))
            return await session.scalar(mine.returning(BlobSweep.name)) is not None

    async def step(self) -> bool:
        """Search the next folder, and more until enough blobs were seen.

        Returns False after the last folder, or if another program has taken over.
        """
        async with self._read() as session:
            row = await session.get(BlobSweep, NAME)
        if row is None or row.owner != self._owner:
            return False
        done, seen = row.cursor, 0
        try:
            for folder in (name for name in FOLDERS if name > row.cursor):
                seen, done = seen + await self._search(folder), folder
                if seen >= self._enough:
                    break
        except Exception:
            await self._advance(done)  # the next attempt need not search these folders again
            raise
        return await self._advance(done) and done != FOLDERS[-1]

    async def stop(self) -> None:
        """Let another program go on with the search."""
        async with self._write() as session:
            mine = update(BlobSweep).where(BlobSweep.owner == self._owner)
            await session.execute(mine.values(owner=None, until=None))

    async def _search(self, folder: str) -> int:
        """Note the blobs of a folder that no row names. Returns the number of all its blobs."""
        count = 0
        async for page in self._blobs.listed(folder):
            count, since = count + len(page), now() - YOUNG
            old = [blob.key for blob in page if blob.modified < since and OURS.fullmatch(blob.key)]
            keys = list(dict.fromkeys(self._origin(key) for key in old))
            async with self._read() as session:
                found = await orphans(session, keys)
            if found:
                async with self._write() as session:
                    await note(session, found)
        return count

    def _origin(self, key: str) -> str:
        """Return the key of the blob that a blob is derived from, or its own."""
        ending = next((ending for ending in self._derived if key.endswith(ending)), "")
        return key.removesuffix(ending)

    async def _advance(self, folder: str) -> bool:
        """Record that everything up to a folder was searched. Returns False if the lease is lost."""
        async with self._write() as session:
            mine = update(BlobSweep).where(BlobSweep.name == NAME, BlobSweep.owner == self._owner)
            if folder == FOLDERS[-1]:
                mine = mine.values(cursor="", owner=None, until=None, finished_at=from_now(session))
            else:
                mine = mine.values(cursor=folder, until=from_now(session, LEASE))
            return await session.scalar(mine.returning(BlobSweep.name)) is not None
