"""A photo's pixels: read from whatever people send, written for chats, for chains and for keeping.

The pixels are the first frame, upright by EXIF, 8-bit sRGB through the ICC profile, transparency over white.
What is written starts from pixels alone, so no EXIF, place or name ever leaves.

Memory: a 50-megapixel JPEG peaks at 7 bytes a pixel (350 MB) over the file, because Pillow holds four bytes a pixel;
colours, depth and transparency are converted in strips of a megapixel, whatever the mode of the file.
"""

from __future__ import annotations

import logging
import re
import struct
import warnings
from enum import StrEnum
from io import BytesIO
from math import ceil
from typing import Final

import cv2
import numpy as np
from PIL import ExifTags, Image

from inference.canvas import Extent
from inference.engine import Pixels
from inference.image.colour import to_srgb

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF", "TIFF", "BMP")
ANIMATED_FORMATS: Final = ("PNG", "WEBP", "GIF", "AVIF")  # elsewhere more frames mean more pages, depths or exposures
MAX_MEGAPIXELS: Final = 50.0
MAX_RATIO: Final = 20  # Telegram's own limit for a photo (Bot API, sendPhoto)
MIN_SIDE: Final = (
    16  # an engine reads surroundings of 7 x 7 pixels: below this there are hardly a hundred to learn from
)
CHAT_SIDE: Final = 2560
CHAT_BYTES: Final = 10_000_000  # Bot API, sendPhoto
FILE_BYTES: Final = 50_000_000  # Bot API, sendDocument
WEBP_SIDE: Final = 16_383  # 14 bits in a WebP header

_DAMAGE: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, RuntimeError, struct.error)
"""What Pillow and its plugins raise for broken files."""
_log = logging.getLogger(__name__)


class Reason(StrEnum):
    """Why a file is no photo; each is one sentence to the person who sent it."""

    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    TRUNCATED = "truncated"
    ANIMATED = "animated"
    TOO_LARGE = "too_large"
    TOO_NARROW = "too_narrow"
    TOO_SMALL = "too_small"


_SENTENCES: Final = {
    Reason.EMPTY: "the file is empty",
    Reason.NOT_A_PICTURE: "the file is not a picture; JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF and BMP are read",
    Reason.TRUNCATED: "the picture is damaged or cut off",
    Reason.ANIMATED: "the picture moves; only still ones can be expanded",
    Reason.TOO_LARGE: "the picture has {found} megapixels; the limit is {limit}",
    Reason.TOO_NARROW: "the picture is {found}; one side may be at most {limit} times the other",
    Reason.TOO_SMALL: "the picture is {found}; each side needs at least {limit} pixels",
}


class BadPhoto(ValueError):
    """A file that is no photo. `found` and `limit` fill the sentence, in any language: «{found} … {limit}»."""

    def __init__(self, reason: Reason, found: str = "", limit: str = "") -> None:
        super().__init__(_SENTENCES[reason].format(found=found, limit=limit))
        self.reason, self.found, self.limit = reason, found, limit


def decode(data: bytes, max_megapixels: float = MAX_MEGAPIXELS) -> Pixels:
    """The pixels of a photo. Raises BadPhoto; its size is read from the header before any pixel is."""
    return _pixels(_open(data, max_megapixels))


def extent(data: bytes, max_megapixels: float = MAX_MEGAPIXELS) -> Extent:
    """How large the photo is once upright, from the header alone. Raises BadPhoto for all but damage further on."""
    image = _open(data, max_megapixels)
    return Extent(image.height, image.width) if _orientation(image) >= 5 else Extent(image.width, image.height)


def thumbnail(pixels: Pixels, longest: int = 640) -> bytes:
    """A small JPEG for panels, pages and galleries."""
    return _jpeg(_at_most(pixels, longest), 85, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)


def encode_master(pixels: Pixels) -> bytes:
    """A lossless PNG. Level 1 with the «up» filter: on photos as small as Pillow's level 1, in half its time."""
    return _encoded(".png", pixels, cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)


def encode_chat(pixels: Pixels) -> bytes:
    """A JPEG that Telegram takes as a photo: at most 2560 px a side, 10 MB, and 20:1, beyond which white is added.

    4:4:4, because Telegram encodes again in 4:2:0: so the colours are halved once and not twice.
    """
    small = _widened(_at_most(pixels, CHAT_SIDE))
    for quality in (92, 85, 75):
        data = _jpeg(small, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
        if len(data) <= CHAT_BYTES:
            return data
    return _jpeg(small, 75, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)


def full_resolution(master: bytes, limit: int = FILE_BYTES) -> tuple[bytes, str, bool]:
    """(file, extension, lossless) for a person to keep, within `limit` bytes: the PNG, else WebP, else a JPEG.

    Blocking; the WebP of a noisy 40-megapixel master takes seconds and 1.2 GB.
    """
    if len(master) <= limit:
        return master, "png", True
    pixels = _pixels(_recognised(master, float("inf")))  # of any shape: it was made here
    if max(pixels.shape) <= WEBP_SIDE and len(data := _webp(pixels)) <= limit:
        return data, "webp", True
    for quality in (95, 90, 80):
        data = _jpeg(pixels, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
        if len(data) <= limit:
            break
    return data, "jpg", False


def _open(data: bytes, max_megapixels: float) -> Image.Image:
    """Read the header and measure it. Raises BadPhoto for everything that the header tells."""
    image = _recognised(data, max_megapixels)
    width, height = image.size
    if width * height > max_megapixels * 1_000_000:
        raise _too_large(width * height, max_megapixels)
    if max(width, height) > MAX_RATIO * min(width, height):
        raise BadPhoto(Reason.TOO_NARROW, f"{width} × {height} px", str(MAX_RATIO))
    if min(width, height) < MIN_SIDE:
        raise BadPhoto(Reason.TOO_SMALL, f"{width} × {height} px", str(MIN_SIDE))
    if _moves(image):
        raise BadPhoto(Reason.ANIMATED)
    return image


def _recognised(data: bytes, max_megapixels: float) -> Image.Image:
    """Not by Image.open: that measures against a limit of its own, which warns or raises by size."""
    if not data:
        raise BadPhoto(Reason.EMPTY)
    Image.init()
    # Pillow remarks on damaged metadata; a photo either needs none of it or is bad.
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    if data[4:8] == b"ftyp" and "HEIF" not in Image.OPEN:
        from pillow_heif import register_heif_opener

        register_heif_opener()
    verdict = Reason.NOT_A_PICTURE
    for read, accepts in (Image.OPEN[name] for name in FORMATS if name in Image.OPEN):
        if accepts is None or accepts(data[:16]) is not True:
            continue
        try:
            return read(BytesIO(data), "")
        except Image.DecompressionBombError as error:  # a plugin that must allocate to read its header
            raise _too_large(int(re.sub(r"\D*(\d+).*", r"\1", str(error))), max_megapixels) from error
        except _DAMAGE as error:
            _log.info("a damaged header: %s", error)
            verdict = Reason.TRUNCATED
    raise BadPhoto(verdict)


def _pixels(image: Image.Image) -> Pixels:
    turn = _orientation(image)
    try:
        image.load()
        pixels = to_srgb(image)
    except _DAMAGE as error:
        raise BadPhoto(Reason.TRUNCATED) from error
    image.close()  # a turned copy need not lie beside it
    return np.ascontiguousarray(_upright(pixels, turn))


def _too_large(pixels: int, max_megapixels: float) -> BadPhoto:
    return BadPhoto(Reason.TOO_LARGE, f"{ceil(pixels / 100_000) / 10:g}", f"{max_megapixels:g}")


def _moves(image: Image.Image) -> bool:
    if image.format not in ANIMATED_FORMATS:
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except _DAMAGE as error:
        raise BadPhoto(Reason.TRUNCATED) from error


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8 (TIFF 6.0, tag 274), of what Pillow does not turn while it loads."""
    if image.format == "TIFF":
        return 1
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DAMAGE as error:
        _log.info("ignored broken EXIF: %s", error)
        return 1
    return value if value in range(1, 9) else 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Mirrored and turned as the orientation says; a view."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _at_most(pixels: Pixels, longest: int) -> Pixels:
    """The picture, made smaller where its longer side passes `longest`."""
    extent = Extent.of(pixels)
    if max(extent) <= longest:
        return pixels
    size = (extent * (longest / max(extent))).at_least(1)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _widened(pixels: Pixels) -> Pixels:
    """White along the long sides, until the ratio is one that Telegram takes."""
    width, height = Extent.of(pixels)
    down, across = max(0, -(-width // MAX_RATIO) - height), max(0, -(-height // MAX_RATIO) - width)
    padding = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return np.pad(pixels, padding, constant_values=255) if down or across else pixels


def _jpeg(pixels: Pixels, quality: int, sampling: int) -> bytes:
    return _encoded(".jpg", pixels, cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling)


def _encoded(suffix: str, pixels: Pixels, *parameters: int) -> bytes:
    _, data = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), parameters)  # raises cv2.error itself
    return data.tobytes()


def _webp(pixels: Pixels) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", lossless=True, quality=25, method=0)
    return file.getvalue()
