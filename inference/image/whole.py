"""Makes one file of a picture in pieces, for people to keep."""

from __future__ import annotations

from inference.image.codec import (
    FILE_BYTES,
    WEBP_SIDE,
    encode_jpeg,
    encode_master,
    encode_png,
    encode_webp,
    is_png,
)
from inference.image.mosaic import Mosaic


def whole(master: Mosaic) -> bytes:
    """Return a master as one lossless file: as it is stored, or composed of its pieces. Raises BadPhoto."""
    return master.files[0] if len(master.files) == 1 else encode_master(master.pixels())


def full_resolution(master: Mosaic, limit: int = FILE_BYTES) -> tuple[bytes, str, bool]:
    """Return (file, extension, lossless) for a person to keep, within `limit` bytes: a PNG, else WebP, else JPEG.

    The call blocks: the WebP of a noisy 40-megapixel master takes seconds and 1.2 GB.
    """
    single = master.files[0] if len(master.files) == 1 else b""
    if is_png(single) and len(single) <= limit:
        return single, "png", True
    pixels = master.pixels()
    if not is_png(single) and len(data := encode_png(pixels)) <= limit:
        return data, "png", True
    if max(pixels.shape) <= WEBP_SIDE and len(data := encode_webp(pixels)) <= limit:
        return data, "webp", True
    for quality in (95, 90, 80):
        data = encode_jpeg(pixels, quality)
        if len(data) <= limit:
            break
    return data, "jpg", False
