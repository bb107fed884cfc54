"""Initialises the coarsest level: the new area is filled pixel by pixel, in rings from the photo outwards.

Every pixel takes the centre of the source patch that matches the known pixels around it best, among all positions of
the atlas (in the manner of Efros and Leung, «Texture Synthesis by Non-parametric Sampling», ICCV 1999). This step
decides the layout.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.patchmatch.kernel import inlined, kernel
from inference.patchmatch.patch import CHANNELS, HALF, SIZE, Flags, Floats, Ints, drawn, shuffled

WORST = np.float32(1e30)


class Onion(NamedTuple):
    """The canvas that is being filled. Arrays are per pixel; costs are in squared grey levels per channel."""

    canvas: Floats  # (height, width, 3)
    known: Flags  # (height, width)
    row: Ints  # (height, width): the source pixel in the atlas
    col: Ints
    wanted_row: Floats  # (height, width): the preferred source row
    row_weight: float  # cost per source row away from the preferred one
    extra: Floats  # (height, width) of the atlas: a source's fixed cost; at least NEVER where no patch fits
    reuse: float  # added to `extra` around a source each time it is used
    jitter: float  # largest relative increase of a cost by a random draw


@kernel
def fill(onion: Onion, source: Floats, order: Ints, state: np.uint64) -> np.uint64:  # noqa: C901 - as in field.search
    """Fill the pixels of `order`, (count, 2) rows and columns, one after the other from `source`, (3, height, width).

    The continuations of the neighbours' sources are tried first, because a good bound shortens the full search. Then
    every position is tried, in rows outwards from the preferred one, until the row term alone exceeds the best cost.
    Returns the random state.
    """
    canvas, known, used_row, used_col, extra = onion.canvas, onion.known, onion.row, onion.col, onion.extra
    weight, jitter, reuse = np.float32(onion.row_weight), np.float32(onion.jitter), np.float32(onion.reuse)
    height, width = known.shape
    rows, cols = extra.shape
    seen, where = np.zeros((SIZE * SIZE, CHANNELS), np.float32), np.zeros((SIZE * SIZE, 2), np.int64)
    total = np.zeros(cols, np.float32)
    for nth in range(order.shape[0]):
        y, x = order[nth, 0], order[nth, 1]
        wanted = onion.wanted_row[y, x]
        count = look(canvas, known, y, x, seen, where)
        scale = np.float32(1) / np.float32(CHANNELS * max(count, 1))
        best, best_row, best_col = WORST, HALF, HALF
        for attempt in range(-9, 2 * rows):
            if attempt < 0:
                dy, dx = (attempt + 9) // 3 - 1, (attempt + 9) % 3 - 1
                if not (0 <= y + dy < height and 0 <= x + dx < width and known[y + dy, x + dx]):
                    continue
                row, first = used_row[y + dy, x + dx] - dy, used_col[y + dy, x + dx] - dx
                last = first + 1
                if not HALF <= first < cols - HALF:
                    continue
            else:
                row = np.int64(wanted + np.float32(0.5)) + ((attempt + 1) // 2 if attempt & 1 else -(attempt // 2))
                first, last = HALF, cols - HALF
                if np.float32(attempt // 2 - 1) * weight > best:
                    break
            fixed = weight * abs(np.float32(row) - wanted)
            if not HALF <= row < rows - HALF or fixed >= best:
                continue
            if not compare(source, row, first, last, seen, where, count, (best - fixed) / scale, total):
                continue
            for col in range(first, last):
                cost = total[col - first] * scale + fixed + extra[row, col]
                if cost < best:
                    state = shuffled(state)
                    cost *= np.float32(1) + jitter * np.float32(drawn(state, 20, 1 << 16)) / np.float32(1 << 16)
                    if cost < best:
                        best, best_row, best_col = cost, row, col
        for k in range(CHANNELS):
            canvas[y, x, k] = source[k, best_row, best_col]
        known[y, x], used_row[y, x], used_col[y, x] = True, best_row, best_col
        extra[best_row - 1 : best_row + 2, best_col - 1 : best_col + 2] += reuse
    return state


@inlined
def look(canvas: Floats, known: Flags, y: int, x: int, seen: Floats, where: NDArray[np.int64]) -> int:
    """List the known pixels around a pixel, the middle rows first, and return their number."""
    height, width = known.shape
    count = 0
    for nth in range(SIZE):
        dy = (nth + 1) // 2 if nth & 1 else -(nth // 2)
        for dx in range(-HALF, HALF + 1):
            if 0 <= y + dy < height and 0 <= x + dx < width and known[y + dy, x + dx]:
                where[count, 0], where[count, 1] = dy, dx
                for k in range(CHANNELS):
                    seen[count, k] = canvas[y + dy, x + dx, k]
                count += 1
    return count


@inlined
def compare(
    source: Floats,
    row: int,
    first: int,
    last: int,
    seen: Floats,
    where: NDArray[np.int64],
    count: int,
    bound: float,
    total: Floats,
) -> bool:
    """Write the squared differences to the sources of one row to `total`; return false once all of them reach `bound`.

    The samples are the outer loop, so that the inner loop runs over adjacent pixels and can be vectorised.
    """
    width = last - first
    for n in range(width):
        total[n] = 0
    for nth in range(count):
        at, start = row + where[nth, 0], first + where[nth, 1]
        reds, greens, blues = source[0, at, start:], source[1, at, start:], source[2, at, start:]
        red, green, blue = seen[nth, 0], seen[nth, 1], seen[nth, 2]
        for n in range(width):
            r, g, b = reds[n] - red, greens[n] - green, blues[n] - blue
            total[n] += r * r + g * g + b * b
        if nth % 6 == 5:
            least = total[0]
            for n in range(width):
                least = min(least, total[n])
            if least >= bound:
                return False
    return True
