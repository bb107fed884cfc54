"""The sample photos that the playground ships, and small pictures made of them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "bot" / "playground" / "samples"


def small_photo(name: str = "chelsea", longest: int = 160) -> bytes:
    """Return a sample photo as a PNG file, scaled down so that it expands quickly; PNG keeps every pixel exact."""
    picture = Image.open(SAMPLES / f"{name}.jpg")
    picture.thumbnail((longest, longest))
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def pixels(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the pixels of an image file as an array of height, width and RGB."""
    return np.asarray(Image.open(path).convert("RGB"))
