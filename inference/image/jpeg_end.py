"""JPEGs that stop before their end marker: shown when all their pixels are there, and not otherwise.

A decoder that meets the end early makes up what is missing from whatever follows. So the file is decoded twice, with
different bytes put after it: only if both give the same pixels did none of them depend on what was missing.
"""

from __future__ import annotations

from hashlib import blake2b
from io import BytesIO
from typing import Final

from PIL import JpegImagePlugin

from inference.image.refusal import DAMAGE

END: Final = b"\xff\xd9"
_OTHERWISE: Final = b"\x5a\xa5\x33\xcc" * 16  # code bits that make different pixels than none, where any are missing
_ROWS: Final = 256


def completed(data: bytes) -> bytes | None:
    """The file with its end put back; None when pixels are missing, or when something else is wrong."""
    start = data[:-1] if data.endswith(b"\xff") else data  # half a marker
    first, second = _digest(start + END), _digest(start + _OTHERWISE + END)
    return start + END if first is not None and first == second else None


def _digest(data: bytes) -> bytes | None:
    """Of all decoded pixels, without keeping them."""
    digest = blake2b()
    try:
        with JpegImagePlugin.JpegImageFile(BytesIO(data)) as image:
            image.load()
            for top in range(0, image.height, _ROWS):
                digest.update(image.crop((0, top, image.width, min(top + _ROWS, image.height))).tobytes())
    except DAMAGE:
        return None
    return digest.digest()
