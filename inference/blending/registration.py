"""Registration undoes the small shift and zoom of an engine that renders the kept area beside its place.

It uses phase correlation (Kuglin and Hines, «The Phase Correlation Image Alignment Method», 1975) of the kept area's
detail, so that colours have no influence. The whole area gives a shift. Then the shifts of a grid of tiles give a
similarity (shift, zoom and rotation).
"""

from __future__ import annotations

from itertools import product
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins
from inference.engine import Pixels

SIDE: Final = 1024  # px; longest side of the compared images
FARTHEST: Final = 0.01  # largest shift as a share of the photo's longer side; a larger one means another image
LARGEST_ZOOM: Final = 0.06  # largest relative zoom, for the same reason
GAIN: Final = 0.1  # relative reduction of the error over the kept area that a move must achieve
NARROWEST: Final = 8  # px of the compared images; a smaller area does not reveal a shift
TILES: Final = 4  # along each axis
SMALLEST_TILE: Final = 32  # px
ROUNDS: Final = 3  # rounds of tiles; each finds the remainder of the round before

Detail = NDArray[np.float32]
Move = NDArray[np.float64]
"""A (2, 3) matrix that maps a position in the photo to its position in the painted image."""
Picture = TypeVar("Picture", Pixels, Detail)


def registered(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Return the generated image aligned with the photo, or unchanged when a move does not clearly reduce the error."""
    step = -(-max(photo.shape) // SIDE)
    true, painted = _detail(photo, step), _detail(generated[margins.box(Extent.of(photo)).slices], step)
    if min(true.shape) < NARROWEST:
        return generated
    move = _better(true, painted, _still(), _shift(true, painted))
    for _ in range(ROUNDS if min(true.shape) >= TILES * SMALLEST_TILE else 0):
        following = _better(true, painted, move, _joined(move, _similarity(true, _moved(painted, move))))
        if following is move:
            break
        move = following
    if np.array_equal(move, _still()):
        return generated
    return _moved(generated, _enlarged(move, step, margins.left, margins.top))


def _still() -> Move:
    return np.array([[1, 0, 0], [0, 1, 0]], np.float64)


def _better(true: Detail, painted: Detail, move: Move, other: Move) -> Move:
    """Return `other` if it is small enough and clearly reduces the error, and `move` otherwise."""
    height, width = true.shape
    corners = np.array([[x, y, 1.0] for x, y in product((0, width - 1), (0, height - 1))])
    shift = float(np.abs((corners @ other.T).mean(axis=0) - corners[:, :2].mean(axis=0)).max())
    zoom = float(np.abs(other[:, :2] - np.eye(2)).max())
    if shift > FARTHEST * max(true.shape) or zoom > LARGEST_ZOOM:
        return move
    before, after = (_error(true, _moved(painted, one)) for one in (move, other))
    return other if after < (1 - GAIN) * before else move


def _shift(true: Detail, painted: Detail) -> Move:
    window = cv2.createHanningWindow(true.shape[::-1], cv2.CV_32F)
    (right, down), _ = cv2.phaseCorrelate(true, painted, window)
    return np.array([[1, 0, right], [0, 1, down]], np.float64)


def _similarity(true: Detail, painted: Detail) -> Move:
    """Fit a similarity to the shifts of the tiles, each weighted by the sharpness of its correlation peak."""
    height, width = (length // TILES for length in true.shape)
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    rows, targets = list[list[float]](), list[float]()
    for row, column in product(range(TILES), repeat=2):
        tile = slice(row * height, (row + 1) * height), slice(column * width, (column + 1) * width)
        one, other = np.ascontiguousarray(true[tile]), np.ascontiguousarray(painted[tile])
        (right, down), peak = cv2.phaseCorrelate(one, other, window)
        if max(abs(right), abs(down)) > max(width, height) / 4:
            continue
        x, y = (column + 0.5) * width, (row + 0.5) * height
        rows += [[peak * x, -peak * y, peak, 0], [peak * y, peak * x, 0, peak]]
        targets += [peak * (x + right), peak * (y + down)]
    if len(rows) < 8:
        return _still()
    a, b, right, down = np.linalg.lstsq(np.array(rows), np.array(targets), rcond=None)[0]
    return np.array([[a, -b, right], [b, a, down]], np.float64)


def _joined(move: Move, following: Move) -> Move:
    """Compose two moves. The second was found in an image that the first one had moved."""
    whole = np.vstack([move, [0, 0, 1]]) @ np.vstack([following, [0, 0, 1]])
    return np.asarray(whole[:2], np.float64)


def _enlarged(move: Move, step: int, left: int, top: int) -> Move:
    """Return the same move for an image that is `step` times as large and begins `left`, `top` px before the photo."""
    origin = np.array([left, top]) + (step - 1) / 2
    offset = step * move[:, 2] + origin - move[:, :2] @ origin
    return np.hstack([move[:, :2], offset[:, None]])


def _error(true: Detail, painted: Detail) -> float:
    return float(
        np.abs(true - painted)[2:-2, 2:-2].mean()
    )  # the rim is excluded because a moved image has no pixels there


def _detail(pixels: Pixels, step: int) -> Detail:
    """Return the grey image at 1/`step` of the size, without structures wider than some pixels."""
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY).astype(np.float32)
    if step > 1:
        size = (grey.shape[1] // step, grey.shape[0] // step)
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), 8), np.float32)


def _moved(picture: Picture, move: Move) -> Picture:
    """Resample an image so that each position shows the pixel to which `move` maps it."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (picture.shape[1], picture.shape[0])
    moved = cv2.warpAffine(picture, move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, picture.dtype)
