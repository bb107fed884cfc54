"""Pictures in pieces: lossless images that cover a canvas together, so that a photo is stored once for all its masters.

A step paints around its photo, whose pixels stay as they are. So the master consists of the pieces of the photo, or of
the master before it, and of up to four new strips. Only these have to be encoded and stored.

Memory: libwebp takes 20 bytes for each pixel of a piece, which has at most five megapixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from inference.canvas import Box, Extent, Margins
from inference.engine import Pixels
from inference.image.codec import WEBP_SIDE, decode_kept, encode_webp, extent_of_kept
from inference.image.refusal import BadPhoto, Reason

PIECE: Final = 5_000_000  # px


@dataclass(frozen=True)
class Piece:
    """An image file, whose top left pixel lies at (left, top) of the canvas, in px."""

    data: bytes
    left: int = 0
    top: int = 0

    def moved(self, across: int, down: int) -> Piece:
        """Return the piece, so many pixels further to the right and down."""
        return replace(self, left=self.left + across, top=self.top + down)


@dataclass(frozen=True)
class Pieces:
    """Some pieces of a canvas."""

    pieces: tuple[Piece, ...]

    @property
    def places(self) -> list[tuple[int, int]]:
        """The (left, top) of the pieces."""
        return [(piece.left, piece.top) for piece in self.pieces]

    @property
    def files(self) -> tuple[bytes, ...]:
        """The files of the pieces."""
        return tuple(piece.data for piece in self.pieces)


@dataclass(frozen=True)
class Mosaic(Pieces):
    """A picture as files, which cover each pixel of its canvas once.

    `made` tells whether they were made here from pixels alone, so that they can be parts of another picture. A photo as
    it was sent is one piece that was not.
    """

    made: bool = True

    @classmethod
    def of(cls, file: bytes, *, made: bool = False) -> Mosaic:
        """Return the picture in one file."""
        return cls((Piece(file),), made)

    def pixels(self) -> Pixels:
        """Decode and compose the picture. Raises BadPhoto, also where pixels are missing."""
        if self.places == [(0, 0)]:
            return decode_kept(self.pieces[0].data)
        boxes = [extent_of_kept(piece.data).box.moved(piece.left, piece.top) for piece in self.pieces]
        canvas = Extent(max(box.right for box in boxes), max(box.bottom for box in boxes))
        if sum(box.extent.area for box in boxes) != canvas.area:
            raise BadPhoto(Reason.TRUNCATED)
        pixels = np.zeros((canvas.height, canvas.width, 3), np.uint8)
        for piece, box in zip(self.pieces, boxes, strict=True):
            pixels[box.slices] = decode_kept(piece.data)
        return pixels


@dataclass(frozen=True)
class Growth(Pieces):
    """What a step adds to a picture: new pieces, in px of the new canvas.

    `onto` tells whether those of the picture belong to the new one, too, moved by the margins.
    """

    onto: bool

    def of(self, before: Mosaic, margins: Margins) -> Mosaic:
        """Return the new picture."""
        return Mosaic((*moved(before.pieces, margins), *self.pieces) if self.onto else self.pieces)


class Cutter:
    """Cuts finished canvases into pieces. It remembers those of the last photo, for its next variant."""

    def __init__(self) -> None:
        self._photo, self._pieces = "", tuple[Piece, ...]()

    def growth(self, canvas: Pixels, before: Mosaic, photo: Pixels, margins: Margins, digest: str) -> Growth:
        """Return what a canvas adds to the picture that it grew from.

        `photo` are the pixels of that picture, and `digest` their hash. Where the canvas does not contain them bit for
        bit, because it was doubled, it is cut anew.
        """
        inner = margins.inner(Extent.of(canvas))
        if inner.extent != Extent.of(photo) or cv2.norm(canvas[inner.slices], photo, cv2.NORM_INF):
            return Growth(cut(canvas, Extent.of(canvas).box), onto=False)
        strips = tuple(piece for box in inner.around(Extent.of(canvas)) for piece in cut(canvas, box))
        if before.made:
            return Growth(strips, onto=True)
        if self._photo != digest:
            self._photo, self._pieces = digest, cut(photo, Extent.of(photo).box)
        return Growth((*moved(self._pieces, margins), *strips), onto=False)


def laid(places: Sequence[Sequence[int]], files: Sequence[bytes]) -> tuple[Piece, ...]:
    """Return the pieces at some (left, top), from the first of these files."""
    return tuple(Piece(data, left, top) for (left, top), data in zip(places, files, strict=False))


def moved(pieces: tuple[Piece, ...], margins: Margins) -> tuple[Piece, ...]:
    """Return the pieces of a picture on the canvas that adds margins to it."""
    return tuple(piece.moved(margins.left, margins.top) for piece in pieces)


def cut(pixels: Pixels, box: Box) -> tuple[Piece, ...]:
    """Encode a rectangle of a picture as pieces, in px of the picture. An empty one has none."""
    return tuple(Piece(encode_webp(pixels[part.slices]), part.left, part.top) for part in parts(box))


def parts(box: Box, area: int = PIECE, side: int = WEBP_SIDE) -> Iterator[Box]:
    """Yield parts of at most so many pixels that cover a rectangle, as few and as even as rows of it allow."""
    if box.empty:
        return
    width = min(box.width, side)
    most = max(1, min(side, area // width))
    yield from box.tiles(width, -(-box.height // -(-box.height // most)))
