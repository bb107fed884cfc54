"""Keys, origins and marked files for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from inference.canvas import Box
from inference.engine import Pixels
from inference.marks.keyring import Keyring, make
from inference.marks.origin import Origin, Step

NUMBER = "0123456789abcdef"
ORIGIN = Origin(
    NUMBER,
    (
        Step(Box(20, 10, 100, 70), 1, "a" * 64, "patchmatch", "", "patchmatch kuotu=0.1.0"),
        Step(Box(5, 5, 120, 80), 1, "b" * 64, "diffusion", "flux", "flux@1"),
    ),
)
FORMATS: dict[str, dict[str, Any]] = {
    "png": {"format": "PNG"},
    "jpg": {"format": "JPEG", "quality": 95},
    "webp": {"format": "WEBP", "lossless": True},
    "lossy.webp": {"format": "WEBP", "quality": 80},
}


def keys(whose: str = "ours") -> Keyring:
    """Return the keys of somebody, the same each time; all certificates carry the same name."""
    return _keys(whose)


@cache
def _keys(_whose: str) -> Keyring:
    return make(datetime.now(UTC))


def noise(width: int = 160, height: int = 120, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def encoded(pixels: Pixels, kind: str = "png") -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, **FORMATS[kind])
    return file.getvalue()


def decoded(data: bytes) -> Pixels:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))
