"""Registration: undoing the shift of an engine that paints the kept area a little beside its place.

Phase correlation (Kuglin and Hines, «The Phase Correlation Image Alignment Method», 1975) on the kept area, detail
only, so that colours play no part.
"""

from __future__ import annotations

from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins
from inference.engine import Pixels

SIDE: Final = 1024  # px of the pictures compared, at most
FARTHEST: Final = 0.01  # of the photo's longer side; more is a different picture, not a shifted one
GAIN: Final = 0.1  # by how much the error over the kept area must fall
NARROWEST: Final = 8  # px of those pictures; less shows no shift

Detail = NDArray[np.float32]
Picture = TypeVar("Picture", Pixels, Detail)


def registered(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """The generated picture moved onto the photo, or itself when moving it does not clearly help."""
    step = -(-max(photo.shape) // SIDE)
    true, painted = _detail(photo, step), _detail(generated[margins.box(Extent.of(photo)).slices], step)
    if min(true.shape) < NARROWEST:
        return generated
    window = cv2.createHanningWindow(true.shape[::-1], cv2.CV_32F)
    (right, down), _ = cv2.phaseCorrelate(true, painted, window)
    if max(abs(right), abs(down)) * step > FARTHEST * max(photo.shape):
        return generated
    before, after = (_error(true, picture) for picture in (painted, _moved(painted, right, down)))
    return _moved(generated, right * step, down * step) if after < (1 - GAIN) * before else generated


def _error(true: Detail, painted: Detail) -> float:
    return float(np.abs(true - painted)[2:-2, 2:-2].mean())  # where a moved picture still has pixels of its own


def _detail(pixels: Pixels, step: int) -> Detail:
    """Grey at 1/step of the size, without what is wider than some pixels."""
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY).astype(np.float32)
    if step > 1:
        size = (grey.shape[1] // step, grey.shape[0] // step)
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), 8), np.float32)


def _moved(picture: Picture, right: float, down: float) -> Picture:
    """So that what lay at (x + right, y + down) lies at (x, y)."""
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (picture.shape[1], picture.shape[0])
    moved = cv2.warpAffine(picture, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, picture.dtype)
