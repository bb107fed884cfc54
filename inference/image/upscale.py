"""Doubles the size of an image with a small network in tiles, and keeps the original recoverable from the result.

`scripts/train_upscale.py` trains the network; docs/upscale.md describes the training photos and the gain over Lanczos.
"""

from __future__ import annotations

from functools import cache
from math import ceil, floor
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Box, Extent
from inference.engine import Pixels, Report, ignore, part
from inference.image.onnx import WEIGHTS, Network

NAME: Final = "upscale"  # used in place of an engine's name
REACH: Final = 9  # px around a tile that affect its enlargement: the network's receptive field
TILE: Final = 256  # px; one tile takes about 80 MB
WORTHWHILE: Final = 1.6  # growth factor below which resampling and sharpening are as good as the network
TAPS: Final = 4  # px on each side that resampling reads
NOTHING: Final = Box(0, 0, 0, 0)
ROUNDS: Final = 4  # rounds of back-projection
ROWS: Final = 128  # rows of the original that are made consistent at a time
MARGIN: Final = 16  # context rows around them, more than the rounds propagate
GUESSED: Final = 0.8  # progress when the network is done


def upscale(pixels: Pixels, report: Report = ignore, unread: Box = NOTHING) -> Pixels:
    """Return the image at twice its size, (2 * height, 2 * width, 3), without seams between tiles.

    Tiles overlap by the network's receptive field. The box `unread`, in pixels of the small image, stays black because
    the caller does not read it.
    """
    extent = Extent.of(pixels)
    large = np.zeros((2 * extent.height, 2 * extent.width, 3), np.uint8)
    tiles = [tile for area in unread.around(extent) for tile in area.tiles(TILE, TILE)]
    for number, tile in enumerate(tiles):
        report(number / len(tiles))
        enlarged = _network()(_around(pixels, tile))
        large[(tile * 2).slices] = enlarged[2 * REACH : -2 * REACH, 2 * REACH : -2 * REACH]
    report(1.0)
    return large


def upscale_expansion(master: Pixels, report: Report = ignore) -> Pixels:
    """Return a master at twice its size. Halving the result gives the master bit for bit, including the photo.

    The photo has no original pixels at this size, but the mean of every four new pixels, rounded half up as
    cv2.INTER_AREA computes it, is the pixel they come from. So the result never contradicts the photo. Back-projection
    makes the network's output consistent: Irani and Peleg, «Improving Resolution by Image Registration», 1991.
    """
    large = upscale(master, part(report, 0.0, GUESSED))
    rest = part(report, GUESSED, 1.0)
    for top in range(0, len(master), ROWS):
        rest(top / len(master))
        bottom = min(top + ROWS, len(master))
        above, below = max(0, top - MARGIN), min(len(master), bottom + MARGIN)
        strip = _projected(large[2 * above : 2 * below].astype(np.float32), master[above:below])
        inside = slice(2 * (top - above), 2 * (bottom - above))
        large[2 * top : 2 * bottom] = _consistent(strip[inside], master[top:bottom])
    rest(1.0)
    return large


def enlarge(pixels: Pixels, size: Extent, unread: Box = NOTHING) -> Pixels:
    """Resample the image to another size. The network doubles it first when it grows by more than WORTHWHILE.

    The contents of `unread`, in pixels of the new size, are undefined.
    """
    small = Extent.of(pixels)
    if _growth(small, size) > WORTHWHILE:
        pixels = upscale(pixels, unread=_unread_before(unread, size, small))
    shrinks = size.area < Extent.of(pixels).area
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8)


def softened(small: Extent, size: Extent) -> float:
    """Return the growth factor of `enlarge` that the network does not compensate."""
    growth = _growth(small, size)
    return growth / 2 if growth > WORTHWHILE else growth


def _growth(small: Extent, size: Extent) -> float:
    return max(size.width / small.width, size.height / small.height)


def _unread_before(unread: Box, size: Extent, small: Extent) -> Box:
    """Return the unread box of the small image, which is TAPS smaller on each side that has pixels beyond it."""
    across, down = small.width / size.width, small.height / size.height
    before = Box(
        ceil(unread.left * across) + TAPS if unread.left else 0,
        ceil(unread.top * down) + TAPS if unread.top else 0,
        small.width if unread.right == size.width else floor(unread.right * across) - TAPS,
        small.height if unread.bottom == size.height else floor(unread.bottom * down) - TAPS,
    )
    return NOTHING if before.empty else before


@cache
def _network() -> Network:
    return Network(WEIGHTS / "upscale.onnx")


def _around(pixels: Pixels, tile: Box) -> Pixels:
    """Return a tile with its surroundings; the image's edge is replicated beyond it."""
    down, across = tile.padded(REACH).slices
    rows = np.arange(down.start, down.stop).clip(0, pixels.shape[0] - 1)
    columns = np.arange(across.start, across.stop).clip(0, pixels.shape[1] - 1)
    return np.asarray(pixels[np.ix_(rows, columns)], np.uint8)


def _projected(large: NDArray[np.float32], small: Pixels) -> NDArray[np.float32]:
    """Return an almost consistent, smooth result: the errors of the means are enlarged cubically and added."""
    size = (large.shape[1], large.shape[0])
    for _ in range(ROUNDS):
        lacking = small - cv2.resize(large, small.shape[1::-1], interpolation=cv2.INTER_AREA)
        large = large + cv2.resize(lacking.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return large


def _consistent(large: NDArray[np.float32], small: Pixels) -> Pixels:
    """Round so that the mean of each four pixels, rounded half up, is exactly the pixel they come from."""
    height, width = small.shape[:2]
    fours = large.reshape(height, 2, width, 2, 3).transpose(0, 2, 4, 1, 3).reshape(height, width, 3, 4)
    fours = np.rint(fours).clip(0, 255).astype(np.int16)
    target = 4 * small.astype(np.int16)
    for _ in range(ROUNDS):
        lacking = target - fours.sum(axis=3, dtype=np.int16)
        share, rest = np.divmod(lacking, 4)
        fours += share[..., None] + (np.arange(4) < rest[..., None])
        fours.clip(0, 255, out=fours)
    wrong = fours.sum(axis=3, dtype=np.int16) != target
    fours[wrong] = small[wrong][:, None]
    return np.asarray(
        fours.reshape(height, width, 3, 2, 2).transpose(0, 3, 1, 4, 2).reshape(2 * height, 2 * width, 3), np.uint8
    )
