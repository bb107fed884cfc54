"""Accepts a JPEG without an end marker only if all of its pixels are present.

A decoder that reaches the end of the data early takes missing bits from whatever follows. So the file is decoded twice
with different bytes appended. If both results are equal, no pixel depends on missing data.
"""

from __future__ import annotations

from hashlib import blake2b
from io import BytesIO
from typing import Final

from PIL import JpegImagePlugin

from inference.image.refusal import DAMAGE

END: Final = b"\xff\xd9"
_OTHERWISE: Final = b"\x5a\xa5\x33\xcc" * 16  # bits that change pixels with missing data
_ROWS: Final = 256


def completed(data: bytes) -> bytes | None:
    """Return the file with its end marker restored, or None when pixels are missing or the file is damaged."""
    start = data[:-1] if data.endswith(b"\xff") else data  # the first byte of a truncated marker
    first, second = _digest(start + END), _digest(start + _OTHERWISE + END)
    return start + END if first is not None and first == second else None


def _digest(data: bytes) -> bytes | None:
    """Return a digest of all decoded pixels, without keeping the pixels; None when decoding fails."""
    digest = blake2b()
    try:
        with JpegImagePlugin.JpegImageFile(BytesIO(data)) as image:
            image.load()
            for top in range(0, image.height, _ROWS):
                digest.update(image.crop((0, top, image.width, min(top + _ROWS, image.height))).tobytes())
    except DAMAGE:
        return None
    return digest.digest()
