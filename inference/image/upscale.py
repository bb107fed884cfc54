"""Twice as many pixels: a small network of ours in tiles, and an enlargement from which the original can be had back.

`scripts/train_upscale.py` trains the network; docs/upscale.md says on which photos and what it gains over Lanczos.
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

NAME: Final = "upscale"  # what stands where an engine's name does
REACH: Final = 9  # px around a tile that its enlargement depends on, by the network's construction
TILE: Final = 256  # px; one tile takes about 80 MB
WORTHWHILE: Final = 1.6  # times; below it resampling and sharpening do as well
TAPS: Final = 4  # px to each side that resampling looks at
NOTHING: Final = Box(0, 0, 0, 0)
ROUNDS: Final = 4  # of back-projection
ROWS: Final = 128  # of the original that are made consistent at a time
MARGIN: Final = 16  # rows around them, beyond what the rounds carry over
GUESSED: Final = 0.8  # of the progress, when the network has done its part


def upscale(pixels: Pixels, report: Report = ignore, unread: Box = NOTHING) -> Pixels:
    """(2 * height, 2 * width, 3). Tiles overlap by what the network sees, so that no seam lies between them.

    `unread`, in pixels of the small picture, stays black: whoever asks does not look there.
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
    """A master at twice its size which, halved again, is the master bit for bit: the photo's own pixels too.

    At this size the photo has no pixels of its own, but every four new ones have the mean, rounded half up, of the one
    they come from (what cv2.INTER_AREA computes). So nothing is claimed that the photo does not say. The network's
    guess is pulled there by back-projection: Irani and Peleg, «Improving Resolution by Image Registration», 1991.
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
    """The picture at another size: by the network first where it is to grow by more than WORTHWHILE, then resampled.

    Within `unread`, in pixels of that size, there may be anything.
    """
    small = Extent.of(pixels)
    if _growth(small, size) > WORTHWHILE:
        pixels = upscale(pixels, unread=_unread_before(unread, size, small))
    shrinks = size.area < Extent.of(pixels).area
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8)


def softened(small: Extent, size: Extent) -> float:
    """How many times `enlarge` resamples beyond what the network makes up for."""
    growth = _growth(small, size)
    return growth / 2 if growth > WORTHWHILE else growth


def _growth(small: Extent, size: Extent) -> float:
    return max(size.width / small.width, size.height / small.height)


def _unread_before(unread: Box, size: Extent, small: Extent) -> Box:
    """What is unread of the small picture: TAPS less on each side where there is something beyond."""
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
    """A tile and its surroundings; beyond the picture's edge, the edge."""
    down, across = tile.padded(REACH).slices
    rows = np.arange(down.start, down.stop).clip(0, pixels.shape[0] - 1)
    columns = np.arange(across.start, across.stop).clip(0, pixels.shape[1] - 1)
    return np.asarray(pixels[np.ix_(rows, columns)], np.uint8)


def _projected(large: NDArray[np.float32], small: Pixels) -> NDArray[np.float32]:
    """Almost consistent, and smooth: what each mean lacks is spread by a cubic enlargement."""
    size = (large.shape[1], large.shape[0])
    for _ in range(ROUNDS):
        lacking = small - cv2.resize(large, small.shape[1::-1], interpolation=cv2.INTER_AREA)
        large = large + cv2.resize(lacking.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return large


def _consistent(large: NDArray[np.float32], small: Pixels) -> Pixels:
    """Rounded so that each four sum to four times the one they come from, but for what rounding a mean allows."""
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
