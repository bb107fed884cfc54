"""Blobs that no row needs: several rows may share one, because a blob's key is its content's hash."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Expansion, Photo

CHUNK = 500  # SQLite binds at most 32,766 values in a statement


def blobs_of(expansions: Iterable[Expansion], photos: Iterable[Photo]) -> list[str]:
    """Every blob that these rows name, once."""
    keys = [key for photo in photos for key in (photo.blob, photo.thumb)]
    return list(dict.fromkeys(keys + [expansion.preview for expansion in expansions if expansion.preview]))


async def orphans(session: AsyncSession, keys: list[str]) -> list[str]:
    """Those of the keys that no row names any more."""
    needed: set[str] = set()
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        columns = (Photo.blob, Photo.thumb, Expansion.preview)
        needed |= {
            key
            for key in await session.scalars(union_all(*(select(column).where(column.in_(some)) for column in columns)))
            if key is not None
        }
    return [key for key in keys if key not in needed]


async def abandoned(session: AsyncSession, photo: Photo) -> bool:
    """A master whose expansion is gone and that nothing was expanded from; a photo that a message brought stays."""
    if photo.chat_id is not None:
        return False
    users = select(Expansion.id).where((Expansion.source_id == photo.id) | (Expansion.result_id == photo.id))
    return await session.scalar(users.limit(1)) is None
