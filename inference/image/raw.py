"""Finds the embedded preview of camera raw files and float TIFFs, whose own data is undeveloped light.

This module reads all directories of a TIFF (TIFF 6.0, section 2; DNG 1.7, chapter 2), because Pillow reads the first
one only, which is a thumbnail in a raw file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from struct import Struct, error, unpack_from
from typing import Final, NamedTuple

from PIL import JpegImagePlugin

from inference.canvas import Extent
from inference.image.refusal import DAMAGE, BadPhoto, Reason

NEAR: Final = 0.75  # share of the raw image's sides from which a preview is large enough to be the photo
_SIGNATURES: Final = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb")  # RAF, ORF, RW2, X3F
_MOST_DIRECTORIES, _MOST_VALUES = 64, 64
_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _OFFSETS, _ORIENTATION, _SAMPLES, _COUNTS = (
    256,
    257,
    259,
    262,
    273,
    274,
    277,
    279,
)
_SUB_DIRECTORIES, _SAMPLE_FORMAT, _JPEG, _JPEG_LENGTH, _DNG_VERSION = 330, 339, 513, 514, 50706
_MOSAIC: Final = (32803, 34892)  # colour filter array, linear raw
_FLOAT: Final = 3
_KINDS: Final = {1: "B", 3: "H", 4: "I", 13: "I"}  # BYTE, SHORT, LONG, IFD

Directory = Mapping[int, tuple[int, ...]]  # tag to its integers


class Preview(NamedTuple):
    """An embedded JPEG, and the EXIF orientation of the whole file."""

    data: bytes
    orientation: int


def is_raw(data: bytes) -> bool:
    """Return whether the file is a raw file in a format other than TIFF."""
    return data.startswith(_SIGNATURES) or data[4:12] == b"ftypcrx "


def preview(data: bytes) -> Preview | None:
    """Return the preview that replaces raw data, or None for a TIFF that is an image itself.

    Raises BadPhoto when a raw file has no large preview.

    A single float channel is left to the decoder, because it may hold greys from 0 to 1, which are an image.
    """
    found = list(_directories(data))
    raw = [d for d in found if _one(d, _PHOTOMETRIC) in _MOSAIC]
    floats = [d for d in found if _FLOAT in d.get(_SAMPLE_FORMAT, ()) and _one(d, _SAMPLES) > 1]
    is_dng = any(_DNG_VERSION in d for d in found)
    if not (raw or floats or is_dng):
        return None
    sizes = [Extent(_one(d, _WIDTH), _one(d, _HEIGHT)) for d in raw or floats or found]
    full = max(sizes, key=lambda size: size.width * size.height)
    jpegs = [(size, jpeg) for d in found if d not in raw for jpeg in _jpegs(data, d) if (size := _size(jpeg))]
    size, jpeg = max(jpegs, key=lambda pair: pair[0].width * pair[0].height, default=(Extent(0, 0), b""))
    if not jpeg or min(size) < NEAR * min(full) or max(size) < NEAR * max(full):
        raise BadPhoto(Reason.RAW if raw or is_dng else Reason.FLOAT)
    return Preview(jpeg, _one(found[0], _ORIENTATION))


def _directories(data: bytes) -> Iterator[Directory]:
    """Yield the first directory, its successors and the subdirectories that they name, each once."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return
    waiting, seen = [unpack_from(f"{order}I", data, 4)[0]], {0}
    while waiting and len(seen) < _MOST_DIRECTORIES:
        offset = waiting.pop(0)
        if offset in seen:
            continue
        seen.add(offset)
        try:
            directory, following = _directory(data, offset, order)
        except error:  # the directory lies beyond the end of the file
            continue
        waiting += [*directory.get(_SUB_DIRECTORIES, ()), following]
        yield directory


def _directory(data: bytes, offset: int, order: str) -> tuple[Directory, int]:
    """Return the integers of one directory, and the offset of the next one."""
    (count,), entry = unpack_from(f"{order}H", data, offset), Struct(f"{order}HHI4s")
    tags: dict[int, tuple[int, ...]] = {}
    for number in range(count):
        tag, kind, length, value = entry.unpack_from(data, offset + 2 + 12 * number)
        if kind in _KINDS and length > 0:
            values = Struct(f"{order}{min(length, _MOST_VALUES)}{_KINDS[kind]}")
            inside = length * Struct(f"{order}{_KINDS[kind]}").size <= 4
            place = offset + 2 + 12 * number + 8 if inside else unpack_from(f"{order}I", value)[0]
            if place + values.size <= len(data):
                tags[tag] = values.unpack_from(data, place)
    return tags, unpack_from(f"{order}I", data, offset + 2 + 12 * count)[0]


def _jpegs(data: bytes, directory: Directory) -> Iterator[bytes]:
    """Yield the JPEG files that a directory points to."""
    places = [(directory.get(_JPEG, ()), directory.get(_JPEG_LENGTH, ()))]
    if _one(directory, _COMPRESSION) in (6, 7):
        places.append((directory.get(_OFFSETS, ()), directory.get(_COUNTS, ())))
    for offsets, lengths in places:
        if len(offsets) == len(lengths) == 1 and data[offsets[0] : offsets[0] + 3] == b"\xff\xd8\xff":
            yield data[offsets[0] : offsets[0] + lengths[0]]


def _size(jpeg: bytes) -> Extent | None:
    try:
        return Extent(*JpegImagePlugin.JpegImageFile(BytesIO(jpeg)).size)
    except DAMAGE:
        return None


def _one(directory: Directory, tag: int) -> int:
    return (directory.get(tag) or (0,))[0]
