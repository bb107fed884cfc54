"""The patch: a square of 7 by 7 pixels, the unit in which the engine compares and copies.

Pictures are handed to kernels as (height, 3 * width) rows of interleaved RGB, so that one row of a patch is 21 adjacent bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels
from inference.patchmatch.kernel import kernel

SIZE = 7
HALF = SIZE // 2
CHANNELS = 3
SPAN = SIZE * CHANNELS  # bytes in one row of a patch
SAMPLES = SIZE * SPAN  # bytes in a patch
NEVER = 1 << 30  # a cost no patch can reach: 147 * 255**2 is below 2**24


def rows(pixels: Pixels) -> NDArray[np.uint8]:
    """(height, width, 3) as (height, 3 * width), sharing memory."""
    height, width = pixels.shape[:2]
    return pixels.reshape(height, width * CHANNELS)


@kernel
def distance(canvas, source, row, col, source_row, source_col, bound):  # type: ignore[no-untyped-def]
    """Sum of squared differences of two patches named by their top left pixels; gives up once it reaches `bound`."""
    total = np.int32(0)
    start, source_start = col * CHANNELS, source_col * CHANNELS
    for dy in range(SIZE):
        for k in range(SPAN):
            difference = np.int32(canvas[row + dy, start + k]) - np.int32(source[source_row + dy, source_start + k])
            total += difference * difference
        if total >= bound:
            return total
    return total


@kernel
def shuffled(state):  # type: ignore[no-untyped-def]
    """The next state of a 64-bit xorshift generator (Marsaglia 2003); never zero."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@kernel
def drawn(state, shift, count):  # type: ignore[no-untyped-def]
    """An integer in [0, count) from 16 bits of the state. The mask keeps numba's wider shifts inside the range."""
    return (np.int64((state >> np.uint64(shift)) & np.uint64(0xFFFF)) * count) >> 16
