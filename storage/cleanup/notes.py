"""Notes of blobs to delete, written and settled in the transactions that delete or add the rows which name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.cleanup.orphans import CHUNK
from storage.jobs.clock import from_now
from storage.models import BlobNote

AT_ONCE = timedelta()


async def note(session: AsyncSession, keys: Iterable[str], wait: timedelta = AT_ONCE) -> list[int]:
    """Note blobs to be deleted after `wait`, unless a row names them then. Returns the ids of the notes."""
    wanted, ids = list(dict.fromkeys(keys)), list[int]()
    for start in range(0, len(wanted), CHUNK):
        rows = [{"key": key} for key in wanted[start : start + CHUNK]]
        add = insert(BlobNote).values(due=from_now(session, wait)).returning(BlobNote.id)
        ids += await session.scalars(add, rows)  # with the rows as parameters, it is compiled once
    return ids


async def settle(session: AsyncSession, ids: Sequence[int]) -> None:
    """Delete notes, because rows of the same transaction name their blobs."""
    await session.execute(delete(BlobNote).where(BlobNote.id.in_(ids)))


async def hasten(session: AsyncSession, ids: Sequence[int]) -> None:
    """Make notes due at once, because the rows that were to name their blobs are not written."""
    await session.execute(update(BlobNote).where(BlobNote.id.in_(ids)).values(due=from_now(session)))


async def lock(session: AsyncSession, keys: Iterable[str]) -> None:
    """Keep others from storing or deleting these blobs until the transaction ends.

    On SQLite this changes nothing, because it has only one writer.
    """
    if session.get_bind().dialect.name == "postgresql":
        for number in sorted({_number(key) for key in keys}):  # a fixed order prevents deadlocks
            await session.execute(select(func.pg_advisory_xact_lock(number)))


def _number(key: str) -> int:
    """Return the first 60 bits of the hash in a key. Keys with the same number wait for each other needlessly."""
    digits = "".join(character for character in key if character in "0123456789abcdef")
    return int(digits[:15] or "0", 16)
