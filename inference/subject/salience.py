"""Computes a photo's saliency map with U2-Netp on ONNX Runtime, on one core.

Qin, Zhang, Huang, Dehghan, Zaiane, Jagersand, «U2-Net: Going Deeper with Nested U-Structure for Salient Object
Detection», Pattern Recognition 106 (2020).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels
from inference.image.onnx import WEIGHTS, session

SIDE: Final = 320  # width and height of the network's input, in px
MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)  # ImageNet's statistics, with which the network was trained
DEVIATION: Final = np.array([0.229, 0.224, 0.225], np.float32)

Salience = NDArray[np.uint8]


def squeezed(photo: Pixels) -> Pixels:
    """Return the square, (320, 320, 3), that the network sees of a photo."""
    return np.asarray(cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def salience(square: Pixels, weights: Path = WEIGHTS / "u2netp.onnx") -> Salience:
    """Return the saliency map, (320, 320) from 0 to 255, of a squeezed photo.

    The session ends before this function returns, so that its 120 MB are free again. The values are rounded to bytes
    because the last bits of a float differ between processors.
    """
    small = square.astype(np.float32)
    small /= max(float(small.max()), 1.0)
    planes = ((small - MEAN) / DEVIATION).transpose(2, 0, 1)[None]
    network = session(weights)
    output = network.get_outputs()[0].name
    (map_,) = network.run([output], {network.get_inputs()[0].name: np.ascontiguousarray(planes)})
    found = map_[0, 0]
    low, high = float(found.min()), float(found.max())
    return np.asarray(np.rint(255 * (found - low) / max(high - low, 1e-6)), np.uint8)
