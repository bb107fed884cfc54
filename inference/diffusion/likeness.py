"""Detects a model that ignored the photo and painted another image instead.

A model renders the kept area again: its detail differs, its colours drift, and an edit model shifts or zooms a little.
None of that matters, because the photo is composited over it. So the rendering is first registered with the photo, then
its colours are fitted, and both are compared without fine detail.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.blending.registration import registered
from inference.canvas import Extent, Margins
from inference.engine import Pixels
from inference.quality.gate import Kind, Problem, unchanged

FOREIGN: Final = 20.0  # grey levels; a larger difference means another image, not another rendering
BLUR: Final = 8.0  # px, standard deviation; a model may change finer detail
GAINS: Final = (0.5, 2.0)  # limits of the colour fit, so that a plain grey image is not fitted into the photo
SHIFT: Final = 64.0  # grey levels that the fit may move the mean by
LONGEST: Final = 1024  # px; longest side of the compared images, to which BLUR refers

Coarse = NDArray[np.float32]


def judge_painted(
    painted: Pixels, photo: Pixels, margins: Margins, start: Pixels | None = None, bound: float = FOREIGN
) -> Problem | None:
    """Return a problem of the model's output for the whole canvas, before the photo is composited, or None.

    `start` is the init image. `bound` is the largest accepted unlikeness in grey levels.
    """
    box = margins.box(Extent(photo.shape[1], photo.shape[0]))
    found = unlikeness(painted[box.top : box.bottom, box.left : box.right], photo)
    if found > bound:
        return Problem(Kind.IGNORED, None, found, bound)
    return None if start is None else unchanged(painted, margins, start)


def unlikeness(painted: Pixels, photo: Pixels) -> float:
    """Return the mean difference in grey levels between a model's rendering of the photo and the photo.

    Both are (height, width, 3) of the same size. The difference is 0 for the photo itself, and it is small for a
    rendering with other detail, another exposure, or a shift of some pixels.
    """
    laid = _shrunk(registered(np.ascontiguousarray(painted), photo, Margins()))
    true = _shrunk(photo)
    return float(np.abs(_fitted(laid, true) - true).mean())


def _shrunk(pixels: Pixels) -> Coarse:
    """Return the image without fine detail, reduced to LONGEST if it is larger."""
    scale = min(1.0, LONGEST / max(pixels.shape))
    if scale < 1:
        size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), BLUR), np.float32)


def _fitted(painted: Coarse, true: Coarse) -> Coarse:
    """Return the painted colours fitted to the true ones by a gain and an offset per channel."""
    fitted = np.empty_like(painted)
    for channel in range(3):
        x, y = painted[..., channel], true[..., channel]
        variance = float(x.var())
        covariance = float(((x - x.mean()) * (y - y.mean())).mean())
        gain = float(np.clip(covariance / variance, *GAINS)) if variance > 1 else 1.0
        fitted[..., channel] = gain * (x - x.mean()) + x.mean() + np.clip(y.mean() - x.mean(), -SHIFT, SHIFT)
    return fitted
