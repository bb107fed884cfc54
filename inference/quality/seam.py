"""Measures how visible the seam between a photo and the new pixels around it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.bands import Side, grown, inwards, outwards

NEAR: Final = 5  # px from the seam from which the photo's lines are not influenced by the seam
FAR: Final = 25
FLAT: Final = 1.0  # grey levels per px; lower bound of the photo's own gradient, because 2.5 times less is invisible
ALONG: Final = 32  # px along the seam over which a step is averaged, so that texture does not count as a step


@dataclass(frozen=True)
class Seam:
    """`gradient`: the mean difference across the seam over that between the photo's lines nearby; 1 is invisible.

    `step`: the tonal step across the seam in grey levels (RMS), beyond that between the photo's own lines.
    """

    side: Side
    gradient: float
    step: float


def seams(canvas: Pixels, margins: Margins) -> list[Seam]:
    """Measure the seam of each side that has new pixels."""
    return [_seam(canvas, margins, side) for side in grown(margins)]


def _seam(canvas: Pixels, margins: Margins, side: Side) -> Seam:
    photo = inwards(canvas, margins, side, FAR).astype(np.float32)
    across = outwards(canvas, margins, side, 1).astype(np.float32) - photo[:, :1]
    own = np.diff(photo, axis=1)
    own = own[:, NEAR - 1 :] if own.shape[1] >= NEAR else own
    step = _mean_square(_averaged_along(across)) - _mean_square(_averaged_along(own))
    return Seam(side, float(np.abs(across).mean() / max(np.abs(own).mean(), FLAT)), max(0.0, step) ** 0.5)


def _averaged_along(difference: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average (length, depth, 3) along the seam, each line separately."""
    length, depth, channels = difference.shape
    lines = np.ascontiguousarray(difference).reshape(length, depth * channels)
    return np.asarray(cv2.blur(lines, (1, ALONG)), np.float32)


def _mean_square(values: NDArray[np.float32]) -> float:
    return float((values**2).mean())
