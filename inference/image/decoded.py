"""Decoded pixels of any format, read in strips, so that no full-size converted copy is needed."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.canvas import Extent

Strip: TypeAlias = Image.Image | NDArray[np.uint16]  # arrays are RGB or RGBA with 16 bits per channel


class Decoded(Protocol):
    """The result of every decoder."""

    @property
    def size(self) -> Extent: ...

    def strip(self, top: int, bottom: int) -> Strip:
        """Return the rows from `top` to `bottom`, exclusive."""

    def brightest(self) -> float:
        """Return the largest code value, 0 to 1."""


class PillowPicture:
    """Decoded pixels in Pillow's memory."""

    def __init__(self, image: Image.Image) -> None:
        self._image, self.size = image, Extent(*image.size)

    def strip(self, top: int, bottom: int) -> Strip:
        return self._image.crop((0, top, self._image.width, bottom))

    def brightest(self) -> float:
        extremes = self._image.getextrema()
        channels = extremes if isinstance(extremes[0], tuple) else (extremes,)
        return float(max(high for _, high in channels)) / 255 if self._image.mode != "P" else 1.0


class ArrayPicture:
    """Decoded pixels in another library's memory: (height, width) or (height, width, channels) of 8 or 16 bits."""

    def __init__(self, pixels: NDArray[np.uint8] | NDArray[np.uint16], mode: str) -> None:
        self._pixels, self._mode = pixels, mode
        self.size = Extent(pixels.shape[1], pixels.shape[0])

    def strip(self, top: int, bottom: int) -> Strip:
        rows = np.ascontiguousarray(self._pixels[top:bottom])
        if rows.dtype == np.uint16:
            return rows.astype(np.uint16, copy=False)
        if self._mode in ("RGBa", "La"):  # premultiplied alpha
            size = (rows.shape[1], rows.shape[0])
            return Image.frombytes(self._mode, size, rows.tobytes()).convert(self._mode[:-1] + "A")
        return Image.fromarray(rows.astype(np.uint8, copy=False))

    def brightest(self) -> float:
        return float(self._pixels.max()) / int(np.iinfo(self._pixels.dtype).max)
