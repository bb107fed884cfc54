"""HEIC: read by libheif itself, since Pillow's plugin holds a second copy of all pixels and knows only eight bits."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.canvas import Extent
from inference.image.rgb_space import RgbSpace, from_still

if TYPE_CHECKING:
    from pillow_heif import HeifFile, HeifImage

BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")


def accepts(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in BRANDS


class Heif:
    """A HEIC whose header was read; libheif turns its picture by the file's own properties, and EXIF is ignored."""

    def __init__(self, data: bytes) -> None:
        """Raises what libheif does."""
        self._data, self._file = data, _header(data)
        self.size = Extent(*self._file.size)
        self.colours = self._file.info.get("icc_profile") or colours_of(self._file)

    def load(self) -> HeifPixels:
        """Decode: HDR in 16 bits, all else in 8."""
        if isinstance(self.colours, RgbSpace) and self.colours.is_hdr and self._file.info.get("bit_depth", 8) > 8:
            self._file = _header(self._data, eight_bits=False)
        picture = self._file[self._file.primary_index]
        return HeifPixels(_array(picture), picture.mode.partition(";")[0])


class HeifPixels:
    """Decoded pixels, given out in strips; libheif's own memory, not a copy."""

    def __init__(self, pixels: NDArray[np.uint8] | NDArray[np.uint16], mode: str) -> None:
        self._pixels, self.mode = pixels, mode
        self.size = Extent(pixels.shape[1], pixels.shape[0])

    def strip(self, top: int, bottom: int) -> Image.Image | NDArray[np.uint16]:
        rows = np.ascontiguousarray(self._pixels[top:bottom])
        if rows.dtype == np.uint16:
            return rows.astype(np.uint16)
        if self.mode in ("RGBa", "La"):  # multiplied by its opacity already
            size = (rows.shape[1], rows.shape[0])
            return Image.frombytes(self.mode, size, rows.tobytes()).convert(self.mode[:-1] + "A")
        return Image.fromarray(rows.astype(np.uint8, copy=False))

    def brightest(self) -> float:
        """The largest code value, 0 to 1."""
        return float(self._pixels.max()) / int(np.iinfo(self._pixels.dtype).max)


def colours_of(file: HeifFile) -> RgbSpace | None:
    """What the nclx box says."""
    box = file.info.get("nclx_profile") or {}
    return from_still(int(box.get("color_primaries", 2)), int(box.get("transfer_characteristics", 2)))


def avif_colours(data: bytes) -> RgbSpace | None:
    """What the nclx box of an AVIF says, which Pillow does not tell; libheif reads its header, too."""
    try:
        return colours_of(_header(data))
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError, IndexError):
        return None


def _array(picture: HeifImage) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """libheif's memory, whose rows end in padding of any length. Decodes."""
    data, kind = picture.data, np.dtype(np.uint16 if picture.mode.endswith(";16") else np.uint8)
    channels = len(picture.mode.partition(";")[0])
    shape, step = (picture.size[1], picture.size[0], channels), channels * kind.itemsize
    rows = np.ndarray(shape, kind, data, strides=(picture.stride, step, kind.itemsize))
    return rows if channels > 1 else rows[..., 0]


def _header(data: bytes, *, eight_bits: bool = True) -> HeifFile:
    from pillow_heif import HeifFile

    return HeifFile(BytesIO(data), convert_hdr_to_8bit=eight_bits, remove_stride=False)  # type: ignore[no-untyped-call]
