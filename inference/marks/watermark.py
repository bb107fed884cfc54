"""Puts a number into the new pixels of a canvas, where nobody sees it. The photo's pixels stay bit for bit.

The mark is weak in clear skies and stronger in texture, at most one grey level (root mean square) in all. It is placed
where the picture itself happens to fit it best, and bits that the picture contradicts get more power than those that it
supports: H. Malvar and D. Florêncio, «Improved spread spectrum», IEEE Transactions on Signal Processing 51, 2003.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Box, Extent, Margins
from inference.engine import Pixels
from inference.marks.canonical import CANONICAL, Plane, canonical
from inference.marks.carrier import (
    TILE,
    carriers,
    contrast,
    evened,
    folded,
    moved,
)
from inference.marks.code import CODED, encode

SMALLEST: Final = 0.08  # the share of new pixels below which a canvas carries no number
WEAKEST, STRONGEST = 0.45, 2.0  # grey levels of the mark in flat and in busy parts
SHARE: Final = 0.22  # of the local contrast
LOUDEST: Final = 0.9  # grey levels, root mean square over the new pixels; rounding adds the rest to at most 1
OLDER: Final = 6.0  # standard deviations from which a place is that of an earlier mark
APART: Final = 3  # px around it that stay free
POWERS: Final = (0.3, 1.9)  # limits of a bit's power
DITHER: Final = Extent(509, 251)  # px; primes, so that tiles and dither never coincide


def watermark(canvas: Pixels, margins: Margins, number: str, secret: bytes) -> bool:
    """Put a number into the new pixels of a canvas, in place. Returns False where too few pixels are new."""
    extent = Extent.of(canvas)
    photo = margins.inner(extent)
    if 1 - photo.extent.area / extent.area < SMALLEST:
        return False
    scale = CANONICAL / max(extent)
    grey = canonical(canvas, scale)
    new = np.ones(grey.shape, bool)
    new[(photo * scale).slices] = False
    detail, local = contrast(grey)
    strength = _strength(local, new)
    waves, host = carriers(secret), folded(np.where(new, evened(detail, local), 0))
    top, left = _place(waves.places(host))
    coded, power = encode(number), np.ones(CODED, np.float32)
    trial = folded(evened(detail + _pattern(waves.tile(coded, power), top, left, strength), local))
    before, after = (waves.soft(moved(one, top, left)) for one in (host, trial))
    power = _powers(coded * before, float(np.mean(coded * (after - before))))
    pattern = _pattern(waves.tile(coded, power), top, left, strength)
    for box in photo.around(extent):
        for part in box.tiles(extent.width, DITHER.height):
            _add(canvas, part, pattern, scale)
    return True


def _strength(local: Plane, new: NDArray[np.bool_]) -> Plane:
    """Return the grey levels of the mark at each place, by the local contrast; none outside the new pixels."""
    strength = (SHARE * cv2.erode(local, np.ones((9, 9), np.uint8))).clip(WEAKEST, STRONGEST)
    strength[~new] = 0
    loudness = float(np.sqrt(np.mean(strength[new] ** 2)))
    return np.asarray(strength * min(1.0, LOUDEST / loudness), np.float32)


def _place(fit: Plane) -> tuple[int, int]:
    """Return where the picture fits the tile best, away from an earlier mark."""
    free = fit.copy()
    while free.max() > OLDER:
        top, left = np.unravel_index(free.argmax(), free.shape)
        around = np.arange(-APART, APART + 1)
        free[np.ix_((top + around) % TILE, (left + around) % TILE)] = -np.inf
    top, left = np.unravel_index(free.argmax(), free.shape)
    return int(top), int(left)


def _pattern(tile: Plane, top: int, left: int, strength: Plane) -> Plane:
    """Return the tile, repeated over the picture from a place on, with its strength at each place."""
    height, width = strength.shape
    rows, columns = (np.arange(height) - top) % TILE, (np.arange(width) - left) % TILE
    return np.asarray(tile[rows][:, columns] * strength, np.float32)


def _powers(support: NDArray[np.float32], gain: float) -> NDArray[np.float32]:
    """Return the power of each coded bit, with mean square 1, so that the weakest bits become as strong as possible.

    `support` is what the picture itself adds to each bit, and `gain` what a power of 1 adds.
    """
    low, high = float(support.min()) - 10 * abs(gain) - 1, float(support.max()) + 10 * abs(gain) + 1
    for _ in range(30):
        target = (low + high) / 2
        power = ((target - support) / max(gain, 1e-3)).clip(*POWERS)
        low, high = (target, high) if np.mean(power**2) < 1 else (low, target)
    return np.asarray(power / np.sqrt(np.mean(power**2)), np.float32)


def _add(canvas: Pixels, box: Box, pattern: Plane, scale: float) -> None:
    """Add the pattern to one box of the canvas. Fractions of grey levels are dithered."""
    start = (box.left + 0.5) * scale - 0.5, (box.top + 0.5) * scale - 0.5
    move = np.array([[scale, 0, start[0]], [0, scale, start[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(pattern, move, box.extent, flags=flags, borderMode=cv2.BORDER_REFLECT)
    part = part + cv2.repeat(_noise(), 1, -(-box.width // DITHER.width))[: box.height, : box.width]
    brighter = part.clip(0, None).astype(np.uint8)
    darker = (1 - part).clip(0, None).astype(np.uint8)  # what lies below 0 is rounded down, like what lies above
    view = canvas[box.slices]
    view[:] = cv2.subtract(cv2.add(view, cv2.merge([brighter] * 3)), cv2.merge([darker] * 3))


@cache
def _noise() -> Plane:
    """Return the thresholds of the dither, 0 to 1."""
    return np.random.default_rng(0).random((DITHER.height, DITHER.width), np.float32)
