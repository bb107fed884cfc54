"""Reads HEIC with libheif directly, because Pillow's plugin copies all pixels and supports eight bits only."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent
from inference.image.decoded import ArrayPicture
from inference.image.rgb_space import RgbSpace, from_still

if TYPE_CHECKING:
    from pillow_heif import HeifFile, HeifImage

BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")


def accepts(data: bytes) -> bool:
    """Return whether the first bytes are those of a HEIC file."""
    return data[4:8] == b"ftyp" and data[8:12] in BRANDS


class Heif:
    """A HEIC file whose header has been read. libheif applies the file's own rotation, so EXIF is ignored."""

    def __init__(self, data: bytes) -> None:
        """Read the header. Raises whatever libheif raises."""
        self._data, self._file = data, _header(data)
        self.size = Extent(*self._file.size)
        self.colours = self._file.info.get("icc_profile") or colours_of(self._file)

    def load(self) -> ArrayPicture:
        """Decode HDR to 16 bits and everything else to 8 bits."""
        if isinstance(self.colours, RgbSpace) and self.colours.is_hdr and self._file.info.get("bit_depth", 8) > 8:
            self._file = _header(self._data, eight_bits=False)
        picture = self._file[self._file.primary_index]
        return ArrayPicture(_array(picture), picture.mode.partition(";")[0])


def colours_of(file: HeifFile) -> RgbSpace | None:
    """Return the colour space in the nclx box, or None."""
    box = file.info.get("nclx_profile") or {}
    return from_still(int(box.get("color_primaries", 2)), int(box.get("transfer_characteristics", 2)))


def avif_colours(data: bytes) -> RgbSpace | None:
    """Return the colour space in an AVIF's nclx box, or None. Pillow does not expose it, but libheif reads it."""
    try:
        return colours_of(_header(data))
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError, IndexError):
        return None


def _array(picture: HeifImage) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Decode, and return a view of libheif's memory without the padding at the ends of its rows."""
    data, kind = picture.data, np.dtype(np.uint16 if picture.mode.endswith(";16") else np.uint8)
    channels = len(picture.mode.partition(";")[0])
    shape, step = (picture.size[1], picture.size[0], channels), channels * kind.itemsize
    rows = np.ndarray(shape, kind, data, strides=(picture.stride, step, kind.itemsize))
    return rows if channels > 1 else rows[..., 0]


def _header(data: bytes, *, eight_bits: bool = True) -> HeifFile:
    from pillow_heif import HeifFile

    return HeifFile(BytesIO(data), convert_hdr_to_8bit=eight_bits, remove_stride=False)  # type: ignore[no-untyped-call]
