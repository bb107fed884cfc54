"""The store of photos. Each method is one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import joinedload

from storage.cleanup.notes import hasten, settle
from storage.cleanup.shelf import Kept
from storage.database import get_or_add, transactions
from storage.models import Panel, Photo


class Photos:
    """Reads and writes photos."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def add(self, photo: Photo, kept: Kept | None = None, edited_at: datetime | None = None) -> Photo:
        """Store a photo. If its message has brought a photo before, return that row instead.

        `kept` are the photo's stored blobs.

        If the message was edited since, the new photo takes the place of the old one, in open panels, too. Expansions
        keep the photo that they were made from.
        """
        async with self._write() as session:
            row = await _added(session, photo, edited_at)
            if kept is not None:
                await (settle if row is photo else hasten)(session, kept.notes)
            return row

    async def of(self, chat_id: int, message_id: int) -> Photo | None:
        """Return the photo that a message brought, or None."""
        async with self._read() as session:
            here = (Photo.chat_id == chat_id, Photo.message_id == message_id)
            return await session.scalar(select(Photo).where(*here))

    async def photo(self, photo_id: int) -> Photo | None:
        """Return a photo by id, or None if it is gone."""
        async with self._read() as session:
            return await session.get(Photo, photo_id)

    async def with_pieces(self, photo_id: int) -> Photo | None:
        """Return a photo with its pieces, or None if it is gone.

        One statement reads both: between two, a deletion could leave a photo without its pieces.
        """
        async with self._read() as session:
            whole = select(Photo).options(joinedload(Photo.pieces)).where(Photo.id == photo_id)
            return (await session.scalars(whole)).unique().one_or_none()

    async def album(self, chat_id: int, media_group: str) -> list[Photo]:
        """Return the photos of an album in the order in which they were sent."""
        async with self._read() as session:
            photos = select(Photo).where(Photo.chat_id == chat_id, Photo.media_group == media_group)
            return list(await session.scalars(photos.order_by(Photo.message_id)))


async def _added(session: AsyncSession, photo: Photo, edited_at: datetime | None) -> Photo:
    """Add a photo, or return the row of its message if that was not edited since."""
    if photo.chat_id is None or photo.message_id is None:
        session.add(photo)
        return photo
    same = (Photo.chat_id == photo.chat_id, Photo.message_id == photo.message_id)
    old = await session.scalar(select(Photo).where(*same))
    if old is None or edited_at is None or edited_at <= old.created_at or old.blob == photo.blob:
        return await get_or_add(session, photo, *same)
    old.message_id = None
    await session.flush()
    session.add(photo)
    await session.flush()
    await session.execute(update(Panel).where(Panel.photo_id == old.id).values(photo_id=photo.id))
    return photo
