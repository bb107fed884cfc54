"""The patch: a square of 7 by 7 pixels, the unit in which the engine compares and copies.

Kernels receive images as (height, 3 * width) rows of interleaved RGB, so that one row of a patch is 21 adjacent bytes.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels
from inference.patchmatch.kernel import inlined

SIZE = 7
HALF = SIZE // 2
CHANNELS = 3
SPAN = SIZE * CHANNELS  # bytes in one row of a patch
SAMPLES = SIZE * SPAN  # bytes in a patch
NEVER = 1 << 30  # a cost that no patch can reach: 147 * 255**2 is below 2**24

Rows: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int32]
Flags: TypeAlias = NDArray[np.bool_]


def rows(pixels: Pixels) -> Rows:
    """Return a view of (height, width, 3) as (height, 3 * width)."""
    height, width = pixels.shape[:2]
    return pixels.reshape(height, width * CHANNELS)


@inlined
def distance(canvas: Rows, source: Rows, row: int, col: int, source_row: int, source_col: int, bound: int) -> np.int32:
    """Return the sum of squared differences of two patches at their top left pixels; stop once it reaches `bound`."""
    total = np.int32(0)
    start, source_start = np.uint64(col * CHANNELS), np.uint64(source_col * CHANNELS)
    for dy in range(SIZE):
        at, source_at = np.uint64(row + dy), np.uint64(source_row + dy)
        for k in range(np.uint64(SPAN)):
            difference = np.int32(canvas[at, start + k]) - np.int32(source[source_at, source_start + k])
            total += np.int32(difference * difference)
        if total >= bound:
            break
    return total


@inlined
def shuffled(state: np.uint64) -> np.uint64:
    """Return the next state of a 64-bit xorshift generator (Marsaglia 2003), which is never zero."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@inlined
def drawn(state: np.uint64, shift: int, count: int) -> np.int64:
    """Return an integer in [0, count) from 16 bits of the state. The mask keeps numba's wider shifts in range."""
    return (np.int64((state >> np.uint64(shift)) & np.uint64(0xFFFF)) * count) >> 16
