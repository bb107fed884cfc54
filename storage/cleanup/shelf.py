"""Stores blobs so that no crash leaves one that no row names, and deletes those that no row needs any more.

A blob's key is the hash of its content, so several rows may name it, and a blob that is to be deleted may be stored
again at any moment. Both sides therefore agree in the database, under a lock of the key:

- whoever stores a blob first writes a note that is due in an hour, and deletes it together with adding the row;
- whoever deletes rows writes a note that is due at once, in the same transaction;
- a blob is deleted when a note of it is due, no note of it is due later, and no row names it. While that happens, the
  note is claimed, and who wants to store the same blob waits for the moment that it takes.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.blobs import Blobs, key_of
from storage.cleanup.notes import hasten, lock, note, settle
from storage.cleanup.orphans import orphans
from storage.database import transactions
from storage.jobs.clock import from_now
from storage.models import BlobNote, BlobSweep

HELD = timedelta(hours=1)  # how long a stored blob may wait for its row
CLAIM = timedelta(minutes=5)  # longer than a call of the store takes, with its repetitions
LOT = 100  # notes that are settled together
BUSY = 0.05  # seconds between two looks at a blob that is being deleted


@dataclass(frozen=True)
class Kept:
    """Stored blobs, and the notes that the transaction which adds their rows must settle."""

    keys: tuple[str, ...]
    notes: tuple[int, ...]


class Shelf:
    """The blobs, together with their notes. `derived` are the endings of the keys that are deleted with a blob."""

    def __init__(self, engine: AsyncEngine, blobs: Blobs, derived: Sequence[str] = ()) -> None:
        self._blobs, self._derived = blobs, tuple(derived)
        self._write = transactions(engine).write

    async def put(self, *files: tuple[bytes, str], there: Sequence[str] = ()) -> Kept:
        """Store files, each with the suffix of its key, and return their keys in the same order.

        `there` are keys of blobs that are stored already. They are held as well, and follow the others.
        """
        keys = await asyncio.to_thread(lambda: tuple(key_of(data, suffix) for data, suffix in files))
        kept = await self.hold(*keys, *there)
        await asyncio.gather(*(self._blobs.put_at(key, data) for key, (data, _) in zip(keys, files, strict=True)))
        return kept

    async def hold(self, *keys: str) -> Kept:
        """Keep blobs from being deleted until their rows are written, at most for HELD."""
        while True:
            async with self._write() as session:
                await lock(session, keys)
                if not await _claimed(session, keys):
                    return Kept(keys, tuple(await note(session, keys, HELD)))
            await asyncio.sleep(BUSY)

    async def drop(self, kept: Kept) -> None:
        """Delete stored blobs whose rows are not written, unless other rows name them."""
        async with self._write() as session:
            await hasten(session, kept.notes)

    async def discard(self, *keys: str) -> None:
        """Delete blobs and what is derived from them, unless rows name them."""
        async with self._write() as session:
            await note(session, keys)

    async def settle_lot(self) -> int:
        """Settle one lot of due notes. Returns how many there were. Raises what the store raises.

        Whoever cancels this leaves the claims to run out, because the call of the store may still go on.
        """
        count, doomed = await self._claim()
        try:
            await self._blobs.delete([file for key in doomed for file in (key, *(key + end for end in self._derived))])
        except Exception:
            async with self._write() as session:  # behind all others, so that one that fails does not stop the rest
                await _free(session, [number for ids in doomed.values() for number in ids])
            raise
        if doomed:
            async with self._write() as session:
                await settle(session, [number for ids in doomed.values() for number in ids])
        return count

    async def free(self) -> None:
        """Make all notes due at once, and end every search. Only for a program that knows that it is alone."""
        async with self._write() as session:
            await session.execute(update(BlobNote).values(until=None, due=from_now(session)))
            await session.execute(update(BlobSweep).values(owner=None, until=None))

    async def _claim(self) -> tuple[int, dict[str, list[int]]]:
        """Settle the due notes of blobs that are needed, and claim the others. Returns the notes of these by key."""
        async with self._write() as session:
            due = BlobNote.due <= from_now(session)
            first = select(BlobNote.key).where(due, _unclaimed(session)).order_by(BlobNote.due, BlobNote.id).limit(LOT)
            keys = list(dict.fromkeys(await session.scalars(first)))
            await lock(session, keys)
            claimed = await _claimed(session, keys)
            rows = await session.execute(
                select(BlobNote.id, BlobNote.key, due).where(BlobNote.key.in_(keys), BlobNote.key.not_in(claimed))
            )
            notes, held = defaultdict[str, list[int]](list), set[str]()
            for number, key, is_due in rows:
                notes[key] += [number] if is_due else []
                held |= set() if is_due else {key}
            # held is read before the rows: a row that is written meanwhile settles its note in the same transaction
            doomed = set(await orphans(session, [key for key in notes if key not in held]))
            await settle(session, [number for key, ids in notes.items() if key not in doomed for number in ids])
            mine = [number for key in doomed for number in notes[key]]
            lease = update(BlobNote).where(BlobNote.id.in_(mine))
            await session.execute(lease.values(until=from_now(session, CLAIM)))
            return sum(map(len, notes.values())), {key: notes[key] for key in doomed}


def _unclaimed(session: AsyncSession) -> ColumnElement[bool]:
    return or_(BlobNote.until.is_(None), BlobNote.until <= from_now(session))


async def _claimed(session: AsyncSession, keys: Iterable[str]) -> set[str]:
    """Return the keys of the blobs that are being deleted."""
    being = select(BlobNote.key).where(BlobNote.key.in_(list(keys)), BlobNote.until > from_now(session))
    return set(await session.scalars(being))


async def _free(session: AsyncSession, ids: Sequence[int]) -> None:
    await session.execute(update(BlobNote).where(BlobNote.id.in_(ids)).values(until=None, due=from_now(session)))
