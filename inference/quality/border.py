"""Flat borders of a photo: the bars of a film still, a white frame, the dark line that a scanner left.

An engine would take them for the scene and continue them, and what it then paints is a larger frame.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.bands import Side, inwards

DEEPEST: Final = 0.15  # of the photo's length across the border; deeper is scenery
EVEN: Final = 16  # grey levels that a pixel may lie off the border's colour: JPEG rings beside an edge
MOSTLY: Final = 0.97  # of a line's pixels must be even
EDGE: Final = 24  # grey levels that set the scene off from the border
SET_OFF: Final = 0.6  # of the pixels along its inner edge must be; under a flat sky stand only some trees
SOFT: Final = 3  # px over which that edge may spread


def flat_border(photo: Pixels) -> Margins:
    """How many pixels of each side belong to a flat border: mostly none."""
    return Margins(*(_depth(photo, side) for side in Side))


def _depth(photo: Pixels, side: Side) -> int:
    length = photo.shape[0 if side in (Side.TOP, Side.BOTTOM) else 1]
    deepest = int(DEEPEST * length)
    lines = inwards(photo, Margins(), side, deepest + SOFT).swapaxes(0, 1)
    colour = np.median(lines[0], axis=0)
    depth = 0
    while depth < len(lines) and float((_off(lines[depth], colour) <= EVEN).mean()) >= MOSTLY:
        depth += 1
    return depth if 0 < depth <= deepest and _set_off(_off(lines[depth : depth + SOFT], colour)) else 0


def _off(lines: Pixels, colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each pixel lies off a colour, in the channel where that is most."""
    return np.asarray(np.abs(lines - colour).max(axis=-1))


def _set_off(off: NDArray[np.float64]) -> bool:
    return float((off.max(axis=0) >= EDGE).mean()) >= SET_OFF
