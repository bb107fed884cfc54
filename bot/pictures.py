"""Reads the pictures of photos: the file as it was sent, or a master with all its pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from inference.image.mosaic import Mosaic, laid
from storage.blobs import Blobs
from storage.models import Photo, Piece
from storage.photos import Photos

# Pieces of a picture that are read at the same time. Reading blocks one of the few threads that all of a program share,
# and for 20 seconds if the store does not answer. The master of twenty steps has eighty pieces.
READERS = 4


@dataclass(frozen=True)
class Picture:
    """A picture, and under which keys its pieces are stored, in the same order."""

    mosaic: Mosaic
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Pictures:
    """Reads pictures from the store."""

    photos: Photos
    blobs: Blobs

    async def of(self, photo: Photo) -> Picture:
        """Return the picture of a photo. Raises FileNotFoundError if it was deleted."""
        master = photo.chat_id is None
        pieces = await self._pieces(photo) if master else ()
        if not pieces:
            return Picture(Mosaic.of(await self.blobs.get(photo.blob), made=master), (photo.blob,))
        keys = tuple(piece.blob for piece in pieces)
        mosaic = Mosaic(laid([(piece.left, piece.top) for piece in pieces], await self._files(keys)))
        return Picture(mosaic, keys)

    async def _files(self, keys: Sequence[str]) -> list[bytes]:
        """Return some files, in the same order. After an error hardly any other is asked for."""
        room = asyncio.Semaphore(READERS)

        async def read(key: str) -> bytes:
            async with room:
                return await self.blobs.get(key)

        reading = [asyncio.create_task(read(key)) for key in keys]
        try:
            return await asyncio.gather(*reading)
        finally:
            for task in reading:
                task.cancel()

    async def _pieces(self, photo: Photo) -> list[Piece]:
        """Return the pieces of a master, or none if it is one file. Raises FileNotFoundError if its row is gone."""
        row = await self.photos.with_pieces(photo.id)
        if row is None:
            raise FileNotFoundError(f"photo {photo.id} was deleted")
        return row.pieces
