"""Undoing what an edit model does to colours: a matrix that mixes channels, found on the photo that it drew anew.

A gain and an offset per channel cannot take back a gain of saturation, because that mixes the channels. The matrix is
fitted by least squares on blurred pictures, so that detail drawn anew counts for nothing, and is held near the matrix
that changes nothing, so that a photo of few colours does not decide about the others (ridge regression: Hoerl and
Kennard, Technometrics 12(1), 1970).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins
from inference.engine import Pixels

SAMPLES: Final = 128  # px of the longer side of the pictures that are compared
HELD: Final = 25.0  # grey levels squared: a photo whose colours vary less is left as it is
FARTHEST: Final = 0.5  # that an entry may differ from that of the matrix which changes nothing

Matrix = NDArray[np.float64]


def recoloured(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """The generated picture with the colours that bring its kept area nearest to the photo. The two must be aligned."""
    box = margins.box(Extent(photo.shape[1], photo.shape[0]))
    painted = _samples(generated[box.top : box.bottom, box.left : box.right])
    matrix = _fitted(painted, _samples(photo))
    return np.asarray(cv2.transform(np.ascontiguousarray(generated), matrix), np.uint8)


def _fitted(painted: Matrix, true: Matrix) -> Matrix:
    """(3, 4): mixes the channels, then adds an offset. What lies far off, as something drawn anew, counts no more."""
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
    """(n, 3): means over cells."""
    scale = min(1.0, SAMPLES / max(pixels.shape))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    small = cv2.resize(np.ascontiguousarray(pixels).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small.reshape(-1, 3), np.float64)
