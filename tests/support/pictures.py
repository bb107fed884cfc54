"""Picture files of every kind, made for tests, down to single PNG chunks."""

from __future__ import annotations

import zlib
from io import BytesIO
from struct import pack
from typing import Any

import numpy as np
import pillow_heif
from PIL import ExifTags, Image

from inference.engine import Pixels

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def scene(width: int = 60, height: int = 40) -> Pixels:
    """Return a smooth picture, so that lossy formats come close, which differs from its mirror images."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return np.rint(255 * np.stack([x, y, (1 - x) * (1 - y)], -1)).astype(np.uint8)


def ramps() -> Pixels:
    """Return ramps of all greys, reds, greens and blues, of shape (64, 256, 3)."""
    grey = np.repeat(np.tile(np.arange(256, dtype=np.uint8), (16, 1))[..., None], 3, axis=2)
    channels = [grey * np.eye(3, dtype=np.uint8)[number] for number in range(3)]
    return np.concatenate([grey, *channels])


def file(picture: Image.Image | Pixels, format: str, **options: Any) -> bytes:  # noqa: A002
    pillow_heif.register_heif_opener()
    data = BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(data, format, **options)
    return data.getvalue()


def turned(orientation: int) -> Image.Exif:
    """Return EXIF data that contains only an orientation."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


def chunk(kind: bytes, data: bytes, check: int | None = None) -> bytes:
    """Return a PNG chunk with its checksum or another one."""
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data) if check is None else check)


def png_with(*chunks: bytes, picture: Image.Image | Pixels | None = None, behind: bool = False) -> bytes:
    """Return a PNG with additional chunks before or after its pixels."""
    data = file(scene() if picture is None else picture, "PNG")
    at = len(data) - 12 if behind else data.index(b"IDAT") - 4
    return data[:at] + b"".join(chunks) + data[at:]


def cicp(primaries: int, transfer: int) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, 0, 1]))


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", pack(">I", round(gamma * 100_000)))


def chrm(*places: float) -> bytes:
    """Return a cHRM chunk with x and y of white, red, green and blue."""
    return chunk(b"cHRM", pack(">8I", *(round(place * 100_000) for place in places)))


def iccp(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"whatever\0\0" + zlib.compress(profile))


def clli(nits: float) -> bytes:
    return chunk(b"cLLI", pack(">II", round(nits * 10_000), 1_000_000))


def with_code_points(data: bytes, primaries: int, transfer: int) -> bytes:
    """Return an AVIF or HEIC whose nclx box has other code points."""
    at = data.index(b"nclx") + 4
    return data[:at] + pack(">HH", primaries, transfer) + data[at + 4 :]
