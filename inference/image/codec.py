"""Decodes the photos that people send, and encodes results for chats, for chains and for keeping.

The pixels are the first frame, turned upright by EXIF, converted to 8-bit sRGB by the file's colour information, with
transparency over white. Encoded files are written from pixels alone, so they contain no EXIF, location or name.

Memory: decoding a 50-megapixel JPEG peaks at 7 bytes per pixel (350 MB) besides the file, because Pillow holds four
bytes per pixel. Colours, depth and transparency are converted in strips of a megapixel, whatever the file's mode.
`look` never holds the whole photo in sRGB, and it decodes a JPEG at reduced size.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

import cv2
import numpy as np
from PIL import Image

from inference.canvas import Extent
from inference.engine import Pixels
from inference.image.colour import small_srgb, to_srgb
from inference.image.container import Opened, open_file
from inference.image.refusal import DAMAGE, BadPhoto, Reason, too_large

MAX_MEGAPIXELS: Final = 52.0  # phones take photos of 8192 x 6144
MAX_RATIO: Final = 20  # Telegram's own limit for a photo (Bot API, sendPhoto)
# An engine compares patches of 7 x 7 pixels; a smaller photo has hardly a hundred of them.
MIN_SIDE: Final = 16
THUMBNAIL: Final = 640
CHAT_SIDE: Final = 2560
CHAT_BYTES: Final = 10_000_000  # Bot API, sendPhoto
FILE_BYTES: Final = 50_000_000  # Bot API, sendDocument
WEBP_SIDE: Final = 16_383  # 14 bits in a WebP header
WEBP_PIXELS: Final = 10_000_000  # of a master; libwebp takes 20 bytes for each, besides the picture


def decode(data: bytes, max_megapixels: float = MAX_MEGAPIXELS) -> Pixels:
    """Decode a photo. Raises BadPhoto. The size is checked by the header before any pixel is decoded."""
    return _pixels(_measured(data, max_megapixels))


def decode_kept(data: bytes) -> Pixels:
    """Decode a stored photo, a master or a piece of one, of any size and shape. Raises BadPhoto."""
    return _pixels(open_file(data, float("inf")))


def extent(data: bytes, max_megapixels: float = MAX_MEGAPIXELS) -> Extent:
    """Return the extent of the upright photo, from the header alone.

    Raises BadPhoto as `decode` does, except for damage beyond the header.
    """
    return _measured(data, max_megapixels).upright


def extent_of_kept(data: bytes) -> Extent:
    """Return the extent of a stored photo or of a piece of a master, from the header alone. Raises BadPhoto."""
    return open_file(data, float("inf")).upright


def look(data: bytes, max_megapixels: float = MAX_MEGAPIXELS) -> tuple[Extent, bytes]:
    """Return a photo's extent and its thumbnail with little memory, but after reading the file to its last pixel.

    Raises BadPhoto in exactly the cases in which `decode` does.
    """
    opened = _measured(data, max_megapixels)
    shrink = max(1, max(opened.size) // (2 * THUMBNAIL))
    wanted = Extent(*(max(1, side // shrink) for side in opened.size))
    try:
        picture, colours = opened.decode(wanted)
        left = max(1, min(max(picture.size) // (2 * THUMBNAIL), *picture.size))
        small = small_srgb(picture, colours, left)
    except DAMAGE as error:
        raise _refusal(error) from error
    return opened.upright, thumbnail(np.ascontiguousarray(_turned(small, opened.orientation)))


def thumbnail(pixels: Pixels, longest: int = THUMBNAIL) -> bytes:
    """Encode a small JPEG for panels, pages and galleries. `longest` is the limit of its longer side in px."""
    return encode_jpeg(_at_most(pixels, longest), 85, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)


def encode_master(pixels: Pixels) -> bytes:
    """Encode a whole master without loss.

    Up to 10 megapixels it is WebP, which is a third smaller than PNG, for 0.1 s more of a core for 4 megapixels. A
    larger one is PNG, because WebP would take more memory than its expansion did. Masters are stored in pieces instead.
    """
    height, width = pixels.shape[:2]
    if width * height <= WEBP_PIXELS and max(width, height) <= WEBP_SIDE:
        return encode_webp(pixels)
    return encode_png(pixels)


def encode_webp(pixels: Pixels) -> bytes:
    """Encode a WebP without loss, of at most 16,383 px per side. libwebp takes 20 bytes for each pixel."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", lossless=True, quality=0, method=0)
    return file.getvalue()


def encode_png(pixels: Pixels) -> bytes:
    """Encode a PNG, at level 1 with the «up» filter.

    Photos become as small as at Pillow's level 1, twice as fast.
    """
    return _encoded(".png", pixels, cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)


def encode_chat(pixels: Pixels) -> bytes:
    """Encode a JPEG that Telegram accepts as a photo: at most 2560 px per side and 10 MB; beyond 20:1, white is added.

    The chroma sampling is 4:4:4. Telegram encodes the file again in 4:2:0, so the chroma is halved only once. After an
    encoder of quality 87, luma of 87 is 1.7 dB closer to the canvas than luma of 92, because it is quantized only once.
    Chroma of 80 is 0.5 dB further from it, at 48 dB. Both together save a quarter.
    """
    small = _widened(_at_most(pixels, CHAT_SIDE))
    for luma, chroma in ((87, 80), (80, 75), (75, 75)):
        data = encode_jpeg(small, luma, chroma=chroma)
        if len(data) <= CHAT_BYTES:
            return data
    return encode_jpeg(small, 75, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)


def is_png(data: bytes) -> bool:
    """Tell whether a file is a PNG."""
    return data.startswith(b"\x89PNG")


def _measured(data: bytes, max_megapixels: float) -> Opened:
    """Read the header. Raises BadPhoto for every problem that the header reveals."""
    opened = open_file(data, max_megapixels)
    width, height = opened.size
    if width * height > max_megapixels * 1_000_000:
        raise too_large(width * height, max_megapixels)
    if max(width, height) > MAX_RATIO * min(width, height):
        raise BadPhoto(Reason.TOO_NARROW, f"{width} × {height} px", str(MAX_RATIO))
    if min(width, height) < MIN_SIDE:
        raise BadPhoto(Reason.TOO_SMALL, f"{width} × {height} px", str(MIN_SIDE))
    try:
        moves = opened.moves()
    except DAMAGE as error:
        raise _refusal(error) from error
    if moves:
        raise BadPhoto(Reason.ANIMATED)
    return opened


def _pixels(opened: Opened) -> Pixels:
    try:
        picture, colours = opened.decode(None)
        pixels = to_srgb(picture, colours)
    except DAMAGE as error:
        raise _refusal(error) from error
    del picture  # free the memory before the rotation copies the pixels
    return np.ascontiguousarray(_turned(pixels, opened.orientation))


def _refusal(error: Exception) -> BadPhoto:
    return error if isinstance(error, BadPhoto) else BadPhoto(Reason.TRUNCATED)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Return a view that is mirrored and rotated according to the EXIF orientation."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _at_most(pixels: Pixels, longest: int) -> Pixels:
    """Return the image, reduced when its longer side exceeds `longest`."""
    extent = Extent.of(pixels)
    if max(extent) <= longest:
        return pixels
    size = (extent * (longest / max(extent))).at_least(1)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _widened(pixels: Pixels) -> Pixels:
    """Add white along the long sides until Telegram accepts the ratio."""
    width, height = Extent.of(pixels)
    down, across = max(0, -(-width // MAX_RATIO) - height), max(0, -(-height // MAX_RATIO) - width)
    padding = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return np.pad(pixels, padding, constant_values=255) if down or across else pixels


def encode_jpeg(
    pixels: Pixels,
    quality: int,
    sampling: int = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    chroma: int | None = None,
) -> bytes:
    """Encode a JPEG. `chroma` is the quality of its colours, if they have another one."""
    qualities = (cv2.IMWRITE_JPEG_LUMA_QUALITY, quality, cv2.IMWRITE_JPEG_CHROMA_QUALITY, chroma or quality)
    return _encoded(".jpg", pixels, *qualities, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling)


def _encoded(suffix: str, pixels: Pixels, *parameters: int) -> bytes:
    # imencode raises cv2.error on failure, so its status is not checked
    _, data = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), parameters)
    return data.tobytes()
