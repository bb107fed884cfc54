"""Did a model render the photo, or did it paint another picture? A comparison that only another picture fails.

A model draws the kept area anew: its detail is its own, its colours drift, an edit model shifts or zooms a little. The
photo is put back over all of that, so that none of it matters. So the rendering is first laid over the photo, then
fitted to it in colour, and the two are compared without what is finer than some pixels.
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

FOREIGN: Final = 20.0  # grey levels of unlikeness: another picture, not another rendering
BLUR: Final = 8.0  # px, standard deviation: detail that a model may draw anew
GAINS: Final = (0.5, 2.0)  # of the colour fit: a model that painted one grey must not be fitted into the photo
SHIFT: Final = 64.0  # grey levels that the fit may move the mean by
LONGEST: Final = 1024  # px of the pictures that are compared; BLUR is measured in these

Coarse = NDArray[np.float32]


def judge_painted(
    painted: Pixels, photo: Pixels, margins: Margins, start: Pixels | None = None, bound: float = FOREIGN
) -> Problem | None:
    """A problem of what a model painted over the whole canvas, before the photo is put back, or None.

    `start`: the canvas as the model was given it. `bound`: grey levels of unlikeness.
    """
    box = margins.box(Extent(photo.shape[1], photo.shape[0]))
    found = unlikeness(painted[box.top : box.bottom, box.left : box.right], photo)
    if found > bound:
        return Problem(Kind.IGNORED, None, found, bound)
    return None if start is None else unchanged(painted, margins, start)


def unlikeness(painted: Pixels, photo: Pixels) -> float:
    """The mean difference in grey levels between a model's rendering of the photo and the photo.

    Both are (height, width, 3) of one size. It is 0 for the photo itself, and stays small for a rendering with other
    detail, another exposure, or a shift of some pixels.
    """
    laid = _shrunk(registered(np.ascontiguousarray(painted), photo, Margins()))
    true = _shrunk(photo)
    return float(np.abs(_fitted(laid, true) - true).mean())


def _shrunk(pixels: Pixels) -> Coarse:
    """Without fine detail, and no larger than LONGEST."""
    scale = min(1.0, LONGEST / max(pixels.shape))
    if scale < 1:
        size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), BLUR), np.float32)


def _fitted(painted: Coarse, true: Coarse) -> Coarse:
    """The painted colours moved onto the true ones by a gain and an offset per channel."""
    fitted = np.empty_like(painted)
    for channel in range(3):
        x, y = painted[..., channel], true[..., channel]
        variance = float(x.var())
        covariance = float(((x - x.mean()) * (y - y.mean())).mean())
        gain = float(np.clip(covariance / variance, *GAINS)) if variance > 1 else 1.0
        fitted[..., channel] = gain * (x - x.mean()) + x.mean() + np.clip(y.mean() - x.mean(), -SHIFT, SHIFT)
    return fitted
