"""Finds blobs that no row needs. Several rows may share a blob, because its key is the hash of its content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Appearance, ChatGuest, Expansion, Photo, Piece

# the columns that contain keys of blobs
NAMED = (Photo.blob, Photo.thumb, Piece.blob, Expansion.preview, ChatGuest.blob)
UNSEEN = ChatGuest.id.not_in(select(Appearance.guest_id))  # guests that no expansion shows
CHUNK = 500  # SQLite binds at most 32,766 values in a statement


def previews(expansions: Iterable[Expansion]) -> list[str]:
    """Return the keys of the pictures that chats see of expansions."""
    return [expansion.preview for expansion in expansions if expansion.preview]


async def drop_photos(session: AsyncSession, photos: Sequence[Photo]) -> list[str]:
    """Delete photos with their pieces, and return the keys of their blobs."""
    ids = [photo.id for photo in photos]
    pieces = await session.scalars(delete(Piece).where(Piece.photo_id.in_(ids)).returning(Piece.blob))
    keys = [*pieces, *(key for photo in photos for key in (photo.blob, photo.thumb))]
    await session.execute(delete(Photo).where(Photo.id.in_(ids)))
    return keys


async def lock_photos(session: AsyncSession, ids: Iterable[int]) -> None:
    """Keep others from starting from these photos until the transaction ends, and wait for those that are doing so.

    Without that, a step could start from a master between the check that nobody uses it and its deletion, which would
    delete the step, too. On SQLite this changes nothing, because it has only one writer.
    """
    photos = select(Photo.id).where(Photo.id.in_(list(ids))).order_by(Photo.id)  # a fixed order prevents deadlocks
    await session.execute(photos.with_for_update())


async def orphans(session: AsyncSession, keys: list[str]) -> list[str]:
    """Return the keys that no row names any more."""
    needed: set[str] = set()
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        needed |= {
            key
            for key in await session.scalars(union_all(*(select(column).where(column.in_(some)) for column in NAMED)))
            if key is not None
        }
    return [key for key in keys if key not in needed]


async def abandoned(session: AsyncSession, photo: Photo) -> bool:
    """Return whether a photo is a master that no expansion uses as its source or result.

    Photos that came in a message are never abandoned.
    """
    if photo.chat_id is not None:
        return False
    users = select(Expansion.id).where((Expansion.source_id == photo.id) | (Expansion.result_id == photo.id))
    return await session.scalar(users.limit(1)) is None


async def stray_guests(session: AsyncSession) -> list[str]:
    """Delete the guests that no expansion shows and that may not come again, and return the keys of their blobs."""
    away = or_(ChatGuest.post_id.is_(None), ChatGuest.welcome.is_(False))
    stray = delete(ChatGuest).where(away, UNSEEN).returning(ChatGuest.blob)
    return list(await session.scalars(stray))
