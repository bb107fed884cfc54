"""The outline of a subject, sharpened along the photo's own edges."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels

EVEN: Final = 40.0  # squared grey levels: a window that varies less has no edge to follow

Matte = NDArray[np.float32]


def along_edges(matte: Matte, photo: Pixels, radius: int) -> Matte:
    """A guided filter (He, Sun, Tang, ECCV 2010) with the photo's luminance as its guide; both (height, width)."""
    guide = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    window = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_matte = cv2.blur(guide, window), cv2.blur(matte, window)
    covariance = cv2.blur(guide * matte, window) - mean_guide * mean_matte
    slope = covariance / (cv2.blur(guide * guide, window) - mean_guide * mean_guide + EVEN)
    offset = mean_matte - slope * mean_guide
    return np.asarray(np.clip(cv2.blur(slope, window) * guide + cv2.blur(offset, window), 0, 1), np.float32)
