"""The canonical size in which marks look at a picture, so that scaling it changes nothing."""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent
from inference.engine import Pixels

CANONICAL: Final = 1024  # px of the longer side
ROOM: Final = 2  # whole pixels are averaged first, down to this many times the wanted size; that is ten times faster

Plane: TypeAlias = NDArray[np.float32]


def canonical(pixels: Pixels, scale: float) -> Plane:
    """Return the brightness of an image, scaled, in grey levels."""
    size = (Extent.of(pixels) * scale).at_least(1)
    whole = int(1 / (ROOM * scale))
    if whole > 1:
        width, height = (side // whole for side in Extent.of(pixels))
        inside = pixels[: height * whole, : width * whole]
        pixels = np.asarray(cv2.resize(inside, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    shrinks = size.area < grey.size
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.float32)
