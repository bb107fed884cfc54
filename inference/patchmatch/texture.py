"""How busy the picture is around a pixel, and how busy the new part should be.

Nearest neighbours under a squared difference prefer smooth patches, so a fill drifts towards flatness. The texture at
the photo's edge, carried outwards, says how busy a patch has to be at least; smoother ones pay."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels
from inference.patchmatch.levels import Level
from inference.patchmatch.patch import SIZE

Energy = NDArray[np.float32]


def energy(pixels: Pixels) -> Energy:
    """(height, width) mean absolute gradient of the luminance over a patch, in grey levels."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    return cast(Energy, cv2.blur(np.abs(across) + np.abs(down), (SIZE, SIZE)))


def carried_outwards(inside: Energy, level: Level) -> Energy:
    """The energy of the photo's edge, replicated over the canvas and blurred."""
    margins = level.margins
    canvas = cv2.copyMakeBorder(inside, margins.top, margins.bottom, margins.left, margins.right, cv2.BORDER_REPLICATE)
    return cast(Energy, cv2.GaussianBlur(canvas, (0, 0), max(level.canvas) / 40))
