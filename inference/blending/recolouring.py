"""Undoes the colour changes of an edit model with a matrix that mixes channels, fitted on its rendering of the photo.

A gain and an offset per channel cannot undo a change of saturation, because that mixes the channels. The matrix is
fitted by least squares on blurred images, so that new detail has no influence. Ridge regression (Hoerl and Kennard,
Technometrics 12(1), 1970) keeps it near the identity, so that a photo with few colours does not affect the others.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins
from inference.engine import Pixels

SAMPLES: Final = 128  # px; longer side of the images that are compared
HELD: Final = 25.0  # grey levels squared; the ridge that keeps the matrix near the identity
FARTHEST: Final = 0.5  # largest difference of a matrix entry from the identity

Matrix = NDArray[np.float64]


def recoloured(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Return the generated image with colours that fit its kept area to the photo. Both must be aligned."""
    box = margins.box(Extent(photo.shape[1], photo.shape[0]))
    painted = _samples(generated[box.top : box.bottom, box.left : box.right])
    matrix = _fitted(painted, _samples(photo))
    return np.asarray(cv2.transform(np.ascontiguousarray(generated), matrix), np.uint8)


def _fitted(painted: Matrix, true: Matrix) -> Matrix:
    """Return the (3, 4) matrix that mixes the channels and adds an offset.

    Outliers, such as new content, are dropped.
    """
    kept = np.ones(len(painted), bool)
    for _ in range(2):
        x, y = painted[kept], true[kept]
        centre, aim = x.mean(axis=0), y.mean(axis=0)
        spread = (x - centre).T @ (x - centre) / len(x) + HELD * np.eye(3)
        mixed = (y - aim - (x - centre)).T @ (x - centre) / len(x)
        mix = np.eye(3) + np.clip(mixed @ np.linalg.inv(spread), -FARTHEST, FARTHEST)
        error = np.abs((painted - centre) @ mix.T + aim - true).max(axis=1)
        kept = error <= 3 * np.median(error) + 2
    return np.hstack([mix, (aim - mix @ centre)[:, None]])


def _samples(pixels: Pixels) -> Matrix:
    """Return the (n, 3) means over cells."""
    scale = min(1.0, SAMPLES / max(pixels.shape))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    small = cv2.resize(np.ascontiguousarray(pixels).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small.reshape(-1, 3), np.float64)
