"""Sprites: cut-out images with an alpha channel, and operations that resize and composite them.

Colours are handled one at a time, because NumPy is four times slower with an inner loop over three of them.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels

Sprite: TypeAlias = NDArray[np.uint8]
"""(height, width, 4): 8-bit sRGB with straight (not premultiplied) alpha."""

Floats: TypeAlias = NDArray[np.float32]

SOLID: Final = 128  # alpha from which a pixel counts as solid
COLOURS: Final = range(3)
ROWS: Final = 256  # rows of a canvas that are converted to floats at a time


def resized(sprite: Sprite, across: float, down: float | None = None) -> Sprite:
    """Resize a sprite by the factors `across` and `down`. Without `down`, the proportions are kept."""
    down = across if down is None else down
    if across == down == 1:
        return sprite
    size = max(2, round(sprite.shape[1] * across)), max(2, round(sprite.shape[0] * down))
    weighted = sprite.astype(np.float32)
    alpha = weighted[..., 3] / 255
    for k in COLOURS:
        weighted[..., k] *= alpha
    way = cv2.INTER_AREA if max(across, down) < 1 else cv2.INTER_CUBIC
    small: Floats = np.asarray(cv2.resize(weighted, size, interpolation=way), np.float32)
    seen = np.maximum(small[..., 3] / 255, 1e-3)
    for k in COLOURS:
        small[..., k] /= seen
    return as_bytes(small)


def as_bytes(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return values rounded (half to even) and clamped to 0 to 255."""
    return np.asarray(cv2.add(values, (0.0, 0.0, 0.0, 0.0), dtype=cv2.CV_8U), np.uint8)  # type: ignore[call-overload]


def mirrored(sprite: Sprite) -> Sprite:
    """Return a sprite flipped left to right."""
    return np.ascontiguousarray(sprite[:, ::-1])


def trimmed(sprite: Sprite) -> Sprite:
    """Return a sprite without the empty rows and columns at its edges."""
    seen = sprite[..., 3] > 20
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not rows.size:
        return sprite
    return np.ascontiguousarray(sprite[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def lay(sprite: Sprite, canvas: Pixels, left: int, top: int) -> None:
    """Composite a sprite onto a canvas in place; parts outside are cut off."""
    height, width = canvas.shape[:2]
    first, last = max(0, left), min(width, left + sprite.shape[1])
    if last <= first:
        return
    for start in range(max(0, top), min(height, top + sprite.shape[0]), ROWS):
        end = min(start + ROWS, height, top + sprite.shape[0])
        part = sprite[start - top : end - top, first - left : last - left].astype(np.float32)
        alpha, under = part[..., 3] / 255, canvas[start:end, first:last]
        for k in COLOURS:
            under[..., k] = as_bytes(part[..., k] * alpha + under[..., k] * (1 - alpha))


def lay_on_sprite(sprite: Sprite, under: Floats, left: int, top: int) -> None:
    """Composite a sprite onto a float array (4, height, width) with its own alpha, in place. The sprite must fit."""
    region = under[:, top : top + sprite.shape[0], left : left + sprite.shape[1]]
    alpha, below = sprite[..., 3] / np.float32(255), region[3] / 255
    whole, seen = alpha + below * (1 - alpha), 1 - alpha
    divisor = np.maximum(whole, 1e-3)
    for k in COLOURS:
        region[k] = (sprite[..., k] * alpha + region[k] * below * seen) / divisor
    region[3] = whole * 255


def shaded(sprite: Sprite, factor: Floats) -> Sprite:
    """Return a sprite whose colours are multiplied by a factor per row or pixel."""
    result: Sprite = np.clip(sprite * factor, 0, 255).astype(np.uint8)
    result[..., 3] = sprite[..., 3]
    return result


def rounded(sprite: Sprite, depth: float) -> Sprite:
    """Return a sprite with a rounded lower edge where it is cut straight. `depth` is a share of that edge's width."""
    height, width = sprite.shape[:2]
    run = np.flatnonzero(sprite[max(0, height - 3), :, 3] > SOLID)
    if run.size < 4:
        return sprite
    across = (np.arange(width) - (run[0] + run[-1]) / 2) / ((run[-1] - run[0]) / 2 + 1)
    bottom = height - depth * run.size * np.clip(across * across, 0, 2)
    first = max(0, int(bottom.min()) - 1)  # above, everything is covered
    covered = np.clip(bottom[None] - np.arange(first, height)[:, None], 0, 1)
    result = sprite.copy()
    result[first:, :, 3] = sprite[first:, :, 3] * covered
    return result
