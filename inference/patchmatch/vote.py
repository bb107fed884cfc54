"""New pixels from overlapping patches: the weighted mean of what they say.

Wexler, Shechtman, Irani, «Space-Time Completion of Video» (PAMI 2007), section 3.2: patches that match well, and
patches near the photo, weigh more."""

from __future__ import annotations

import numpy as np

from inference.patchmatch.kernel import kernel
from inference.patchmatch.patch import CHANNELS, SIZE, Floats

FALLOFF = 1.3  # confidence shrinks by this factor with each pixel away from the photo
FARTHEST = 20  # pixels after which it no longer shrinks


def confidence(away: Floats) -> Floats:
    """Weight by the distance from the photo in pixels (Wexler et al., the alpha of equation 4)."""
    return np.power(np.float32(FALLOFF), -np.minimum(away, FARTHEST)).astype(np.float32)


def bell(width: float) -> Floats:
    """(SIZE, SIZE) Gaussian weights inside a patch; `width` is the deviation in half patches. Narrow bells keep
    detail sharp."""
    along = np.exp(-((np.arange(SIZE) - (SIZE - 1) / 2) ** 2) / (2 * (width * (SIZE - 1) / 2) ** 2))
    return np.outer(along, along).astype(np.float32)


@kernel
def vote(canvas, source, field, weight, within, new):  # type: ignore[no-untyped-def]
    """Write the new pixels of `canvas` ((height, 3 * width) rows of RGB)."""
    height, width = new.shape
    rows, cols = weight.shape
    from_row, from_col = field.row, field.col
    for y in range(height):
        for x in range(width):
            if not new[y, x]:
                continue
            red, green, blue, total = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for row in range(np.uint64(max(0, y - SIZE + 1)), np.uint64(min(y + 1, rows))):
                for col in range(np.uint64(max(0, x - SIZE + 1)), np.uint64(min(x + 1, cols))):
                    dy, dx = np.uint64(y) - row, np.uint64(x) - col
                    share = weight[row, col] * within[dy, dx]
                    at_row = np.uint64(from_row[row, col]) + dy
                    at = (np.uint64(from_col[row, col]) + dx) * np.uint64(CHANNELS)
                    red += share * source[at_row, at]
                    green += share * source[at_row, at + np.uint64(1)]
                    blue += share * source[at_row, at + np.uint64(2)]
                    total += share
            canvas[y, x * CHANNELS] = np.uint8(red / total + np.float32(0.5))
            canvas[y, x * CHANNELS + 1] = np.uint8(green / total + np.float32(0.5))
            canvas[y, x * CHANNELS + 2] = np.uint8(blue / total + np.float32(0.5))
