"""Aligns the outline of a subject with the edges in the photo."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels

EVEN: Final = 40.0  # variance in squared grey levels below which a window has no edge to follow

Matte = NDArray[np.float32]


def along_edges(matte: Matte, photo: Pixels, radius: int) -> Matte:
    """Apply a guided filter (He, Sun, Tang, ECCV 2010) to a (height, width) matte.

    The photo's luminance is the guide.
    """
    guide = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    window = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_matte = cv2.blur(guide, window), cv2.blur(matte, window)
    covariance = cv2.blur(guide * matte, window) - mean_guide * mean_matte
    slope = covariance / (cv2.blur(guide * guide, window) - mean_guide * mean_guide + EVEN)
    offset = mean_matte - slope * mean_guide
    return np.asarray(np.clip(cv2.blur(slope, window) * guide + cv2.blur(offset, window), 0, 1), np.float32)
