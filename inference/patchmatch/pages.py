"""How the full-size pass reads the photo: through the pages of the atlas, as it is, mirrored, upside down, or at
another size.

Bytes are addressed by unsigned numbers: numba looks for negative ones otherwise, and the loops stay scalar."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from inference.patchmatch.kernel import inlined
from inference.patchmatch.patch import CHANNELS, Flags, Floats, Ints, Rows


class Pages(NamedTuple):
    """(pages,) how each page reads the full photo."""

    height: Ints
    width: Ints
    mirrored: Flags
    upturned: Flags
    step: Floats  # photo pixels per page pixel


@inlined
def byte(value: float) -> np.uint8:
    return np.uint8(min(max(value + np.float32(0.5), np.float32(0)), np.float32(255)))


@inlined
def take(photo: Rows, pages: Pages, page: int, row: int, col: int, line: Rows, to: int, count: int) -> None:
    """Write `count` pixels of a page's row, from a column on, to the pixels of `line` from `to` on; places outside are
    clamped to the page."""
    width, last_row = pages.width[page], pages.height[page] - 1
    row = min(max(row, 0), last_row)
    row = last_row - row if pages.upturned[page] else row
    if pages.step[page] != 1 or col < 0 or col + count > width:
        sample(photo, pages.step[page], row, col, width, pages.mirrored[page], line, to, count)
    elif pages.mirrored[page]:
        reverse(photo, row, width - 1 - col, line, to, count)
    else:
        start, first = np.uint64(to * CHANNELS), np.uint64(col * CHANNELS)
        for n in range(np.uint64(count * CHANNELS)):
            line[start + n] = photo[row, first + n]


@inlined
def reverse(photo: Rows, row: int, last: int, line: Rows, to: int, count: int) -> None:
    """Pixels from the column `last` leftwards."""
    start, first = np.uint64(to * CHANNELS), np.uint64(last * CHANNELS)
    for n in range(np.uint64(0), np.uint64(count * CHANNELS), np.uint64(CHANNELS)):
        for k in range(np.uint64(CHANNELS)):
            line[start + n + k] = photo[row, first - n + k]


@inlined
def sample(
    photo: Rows, step: float, row: int, col: int, width: int, mirrored: bool, line: Rows, to: int, count: int
) -> None:
    """Pixels between those of the photo, one by one."""
    half, most_row, most_col = np.float32(0.5), photo.shape[0] - 1, photo.shape[1] // CHANNELS - 1
    y = min(max((np.float32(row) + half) * step - half, np.float32(0)), np.float32(most_row))
    top, low = int(y), y - np.float32(int(y))
    bottom = min(top + 1, most_row)
    for n in range(count):
        at = min(max(col + n, 0), width - 1)
        at = width - 1 - at if mirrored else at
        x = min(max((np.float32(at) + half) * step - half, np.float32(0)), np.float32(most_col))
        left, far = int(x) * CHANNELS, x - np.float32(int(x))
        right = min(int(x) + 1, most_col) * CHANNELS
        for k in range(CHANNELS):
            upper = photo[top, left + k] * (1 - far) + photo[top, right + k] * far
            lower = photo[bottom, left + k] * (1 - far) + photo[bottom, right + k] * far
            line[(to + n) * CHANNELS + k] = byte(upper * (1 - low) + lower * low)
