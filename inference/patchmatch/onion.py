"""The start at the coarsest level: the new area filled pixel by pixel, in rings from the photo outwards.

Every pixel takes the centre of the source patch whose pixels agree best with those known around it, over every position of the atlas
(in the manner of Efros and Leung, «Texture Synthesis by Non-parametric Sampling», ICCV 1999). This step decides the layout.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.patchmatch.kernel import kernel
from inference.patchmatch.patch import CHANNELS, HALF, SIZE, SPAN, shuffled

WORST = np.float32(1e30)


class Onion(NamedTuple):
    """The canvas being filled; everything by pixel."""

    known: NDArray[np.bool_]  # (height, width)
    row: NDArray[np.int32]  # (height, width): the source pixel in the atlas
    col: NDArray[np.int32]
    wanted_row: NDArray[np.float32]  # (height, width): the source row this place would come from
    row_weight: float  # cost per source row away from it, in squared grey levels per channel
    valid: NDArray[np.bool_]  # (height, width) of the atlas: a whole patch fits around the pixel
    jitter: float  # how far a random draw may raise a cost, relatively


@kernel
def fill(canvas, source, onion, order, state):  # type: ignore[no-untyped-def]
    """Fill the pixels of `order` ((count, 2) rows and columns) one after the other. Returns the random state."""
    seen = np.zeros((SIZE, SPAN), np.int32)
    mask = np.zeros((SIZE, SPAN), np.int32)
    best = np.zeros(3, np.float32)  # cost, row, column
    for nth in range(order.shape[0]):
        y, x = order[nth, 0], order[nth, 1]
        scale = look(canvas, onion.known, y, x, seen, mask)
        best[0] = WORST
        state = continue_neighbours(source, onion, y, x, seen, mask, scale, best, state)
        state = try_everywhere(source, onion, y, x, seen, mask, scale, best, state)
        row, col = np.int32(best[1]), np.int32(best[2])
        for k in range(CHANNELS):
            canvas[y, x * CHANNELS + k] = source[row, col * CHANNELS + k]
        onion.known[y, x], onion.row[y, x], onion.col[y, x] = True, row, col
    return state


@kernel
def look(canvas, known, y, x, seen, mask):  # type: ignore[no-untyped-def]
    """Copy what is known around a pixel; returns one over the number of known samples."""
    height, width = known.shape
    count = 0
    for dy in range(SIZE):
        for dx in range(SIZE):
            at_y, at_x = y + dy - HALF, x + dx - HALF
            there = 0 <= at_y < height and 0 <= at_x < width and known[at_y, at_x]
            count += there
            for k in range(CHANNELS):
                mask[dy, dx * CHANNELS + k] = -1 if there else 0
                seen[dy, dx * CHANNELS + k] = canvas[at_y, at_x * CHANNELS + k] if there else 0
    return np.float32(1.0) / np.float32(CHANNELS * max(count, 1))


@kernel
def apart(source, row, col, seen, mask, bound):  # type: ignore[no-untyped-def]
    """Squared difference over the known samples, from the middle row outwards; gives up once it passes `bound`."""
    total = np.int32(0)
    start = (col - HALF) * CHANNELS
    for dy in range(SIZE):
        at = row + dy - HALF
        for k in range(SPAN):
            difference = (np.int32(source[at, start + k]) - seen[dy, k]) & mask[dy, k]
            total += difference * difference
        if total > bound:
            return total
    return total


@kernel
def challenge(source, onion, row, col, fixed, seen, mask, scale, best, state):  # type: ignore[no-untyped-def]
    limit = (best[0] - fixed) / scale
    total = apart(source, row, col, seen, mask, limit)
    if total > limit:
        return state
    state = shuffled(state)
    draw = np.float32(np.int64((state >> np.uint64(20)) & np.uint64(0xFFFF))) / np.float32(65536.0)
    cost = (total * scale + fixed) * (np.float32(1) + np.float32(onion.jitter) * draw)
    if cost < best[0]:
        best[0], best[1], best[2] = cost, row, col
    return state


@kernel
def continue_neighbours(source, onion, y, x, seen, mask, scale, best, state):  # type: ignore[no-untyped-def]
    """Try what continues the known neighbours' sources first: a good bound makes the full search short."""
    height, width = onion.known.shape
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            if not (0 <= y + dy < height and 0 <= x + dx < width and onion.known[y + dy, x + dx]):
                continue
            row, col = onion.row[y + dy, x + dx] - dy, onion.col[y + dy, x + dx] - dx
            if 0 <= row < onion.valid.shape[0] and 0 <= col < onion.valid.shape[1] and onion.valid[row, col]:
                fixed = np.float32(onion.row_weight * abs(row - onion.wanted_row[y, x]))
                if fixed < best[0]:
                    state = challenge(source, onion, row, col, fixed, seen, mask, scale, best, state)
    return state


@kernel
def try_everywhere(source, onion, y, x, seen, mask, scale, best, state):  # type: ignore[no-untyped-def]
    """Try every position, rows outwards from the wanted one, until uprightness alone costs more than the best."""
    rows, cols = onion.valid.shape
    wanted = onion.wanted_row[y, x]
    middle = np.int64(wanted + np.float32(0.5))
    for nth in range(2 * rows):
        row = middle + ((nth + 1) // 2 if nth & 1 else -(nth // 2))
        if not HALF <= row < rows - HALF:
            continue
        fixed = np.float32(onion.row_weight * abs(row - wanted))
        if fixed >= best[0]:
            if nth // 2 * onion.row_weight > best[0]:
                break
            continue
        for col in range(HALF, cols - HALF):
            if onion.valid[row, col]:
                state = challenge(source, onion, row, col, fixed, seen, mask, scale, best, state)
    return state
