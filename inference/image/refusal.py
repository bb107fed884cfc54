"""Why a file is not accepted as a photo: a reason with a sentence in every language, and that sentence's values."""

from __future__ import annotations

import struct
from enum import StrEnum
from math import ceil
from typing import Final

DAMAGE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    RuntimeError,
    struct.error,
)
"""The exceptions that Pillow, its plugins and libheif raise for broken files."""


class Reason(StrEnum):
    """Why a file is not accepted as a photo. Each reason is one sentence for the person who sent the file."""

    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    TRUNCATED = "truncated"
    ANIMATED = "animated"
    TOO_LARGE = "too_large"
    TOO_NARROW = "too_narrow"
    TOO_SMALL = "too_small"
    RAW = "raw"
    FLOAT = "float"


_SENTENCES: Final = {
    Reason.EMPTY: "the file is empty",
    Reason.NOT_A_PICTURE: "the file is not a picture; JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF and BMP are read",
    Reason.TRUNCATED: "the picture is damaged or cut off",
    Reason.ANIMATED: "the picture moves; only still ones can be expanded",
    Reason.TOO_LARGE: "the picture has {found} megapixels; the limit is {limit}",
    Reason.TOO_NARROW: "the picture is {found}; one side may be at most {limit} times the other",
    Reason.TOO_SMALL: "the picture is {found}; each side needs at least {limit} pixels",
    Reason.RAW: "the file is a camera's raw data without a full-size preview; export it as JPEG or HEIC",
    Reason.FLOAT: "the file holds floating-point light values and no finished picture; export it as JPEG or PNG",
}


class BadPhoto(ValueError):
    """A file that is not accepted. `found` and `limit` fill the sentence in any language: «{found} … {limit}»."""

    def __init__(self, reason: Reason, found: str = "", limit: str = "") -> None:
        super().__init__(_SENTENCES[reason].format(found=found, limit=limit))
        self.reason, self.found, self.limit = reason, found, limit


def too_large(pixels: int, max_megapixels: float) -> BadPhoto:
    """Return the refusal of an image with too many pixels.

    The number is rounded up, so that it never equals the limit.
    """
    return BadPhoto(Reason.TOO_LARGE, f"{ceil(pixels / 100_000) / 10:g}", f"{max_megapixels:g}")
