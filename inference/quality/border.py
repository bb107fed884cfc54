"""Detects flat borders of a photo: the bars of a film still, a white frame, the dark line of a scanner.

An engine would take a border for a part of the scene and paint a larger frame.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.bands import Side, inwards

DEEPEST: Final = 0.15  # largest depth as a share of the photo's length across the border; a deeper area is scenery
EVEN: Final = 16  # grey levels that a pixel may differ from the border's colour, because JPEG rings beside an edge
MOSTLY: Final = 0.97  # share of a line's pixels that must be even
EDGE: Final = 24  # grey levels by which a pixel of the scene must differ from the border
SET_OFF: Final = 0.6  # share of the inner edge's pixels that must differ; a flat sky ends at a few trees only
SOFT: Final = 3  # px; largest width of that edge


def flat_border(photo: Pixels) -> Margins:
    """Return the depth of the flat border on each side in px; most photos have none."""
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
    """Return the difference of each pixel from a colour, in the channel where it is largest."""
    return np.asarray(np.abs(lines - colour).max(axis=-1))


def _set_off(off: NDArray[np.float64]) -> bool:
    return float((off.max(axis=0) >= EDGE).mean()) >= SET_OFF
