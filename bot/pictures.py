"""Reads the pictures of photos: the file as it was sent, or a master with all its pieces."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from inference.image.mosaic import Mosaic, laid
from storage.blobs import Blobs
from storage.models import Photo, Piece
from storage.photos import Photos


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
        files = await asyncio.gather(*(self.blobs.get(piece.blob) for piece in pieces))
        mosaic = Mosaic(laid([(piece.left, piece.top) for piece in pieces], files))
        return Picture(mosaic, tuple(piece.blob for piece in pieces))

    async def _pieces(self, photo: Photo) -> list[Piece]:
        """Return the pieces of a master, or none if it is one file. Raises FileNotFoundError if its row is gone."""
        row = await self.photos.with_pieces(photo.id)
        if row is None:
            raise FileNotFoundError(f"photo {photo.id} was deleted")
        return row.pieces
