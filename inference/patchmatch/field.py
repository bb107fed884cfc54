"""The nearest-neighbour field assigns a similar patch of the atlas to every patch that touches the new area.

Propagation and random search follow Barnes, Shechtman, Finkelstein, Goldman, «PatchMatch» (SIGGRAPH 2009), section 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from inference.patchmatch.kernel import inlined, kernel
from inference.patchmatch.patch import CHANNELS, NEVER, SIZE, Flags, Floats, Ints, Rows, distance, drawn, shuffled

FALLOFF = 1.3  # confidence shrinks by this factor with each pixel away from the photo
FARTHEST = 20  # pixels after which confidence no longer shrinks


class Field(NamedTuple):
    """Arrays (rows, cols) over the canvas's patches. A patch's position is its top left pixel."""

    row: Ints  # source row in the atlas
    col: Ints
    cost: Ints  # squared distance plus penalty; 0 where the patch lies inside the photo
    open: Flags  # the patch touches the new area


class Terms(NamedTuple):
    """Cost terms of a source at a place besides the distance, in squared grey levels per patch.

    Positions are top left pixels of patches.
    """

    wanted_row: Floats  # (rows, cols) of the canvas: the preferred source row
    row_weight: float  # cost per source row away from the preferred one
    wanted_texture: Floats  # (rows, cols) of the canvas
    texture: Floats  # (rows, cols) of the atlas
    texture_weight: float  # cost per squared grey level of missing texture
    extra: Ints  # (rows, cols) of the atlas: a source's fixed cost; NEVER where no patch fits


@inlined
def penalty(astray: float, row_weight: float, missing: np.float32, texture_weight: float, extra: int) -> np.int32:
    """Return the cost terms of one source at one place: its row, its missing texture and its fixed cost."""
    return extra + np.int32(row_weight * abs(astray) + texture_weight * max(missing, np.float32(0)) ** 2)


@kernel
def measure(canvas: Rows, source: Rows, field: Field, terms: Terms) -> None:
    """Write the cost of every open patch into the field."""
    row_weight, texture_weight = np.float32(terms.row_weight), np.float32(terms.texture_weight)
    for row in range(field.open.shape[0]):
        for col in range(field.open.shape[1]):
            if field.open[row, col]:
                at_row, at_col = field.row[row, col], field.col[row, col]
                astray = np.float32(at_row) - terms.wanted_row[row, col]
                missing = terms.wanted_texture[row, col] - terms.texture[at_row, at_col]
                fixed = penalty(astray, row_weight, missing, texture_weight, terms.extra[at_row, at_col])
                field.cost[row, col] = fixed + distance(canvas, source, row, col, at_row, at_col, NEVER)


@kernel
def search(
    canvas: Rows,
    source: Rows,
    field: Field,
    terms: Terms,
    radius: int,
    reluctance: float,
    forward: bool,
    state: np.uint64,
) -> np.uint64:
    """Run one pass over the field in scan order or in reverse, and return the random state.

    For every patch, the candidates are the continuations of its two scanned neighbours, then random places around the
    best so far, in windows that halve from `radius` (equation 1 of the paper). A random place must cost less than
    `reluctance` times the current one, so that neighbours keep a common offset and large regions are copied whole.
    """
    field_row, field_col, field_cost, texture, extra = field.row, field.col, field.cost, terms.texture, terms.extra
    row_weight, texture_weight = np.float32(terms.row_weight), np.float32(terms.texture_weight)
    rows, cols = field.open.shape
    last_row, last_col = extra.shape[0] - 1, extra.shape[1] - 1
    step = 1 if forward else -1
    for nth in range(rows * cols):
        row, col = nth // cols, nth % cols
        if not forward:
            row, col = rows - 1 - row, cols - 1 - col
        best, best_row, best_col = field_cost[row, col], field_row[row, col], field_col[row, col]
        if not field.open[row, col] or best == 0:
            continue
        wanted, busy = terms.wanted_row[row, col], terms.wanted_texture[row, col]
        span = radius * 4
        while span >= 1:
            limit = best
            if span > radius:  # the two neighbours are tried first
                near_row, near_col = (row - step, col) if span > 2 * radius else (row, col - step)
                span >>= 1
                if not (0 <= near_row < rows and 0 <= near_col < cols):
                    continue
                at_row, at_col = (
                    field_row[near_row, near_col] + row - near_row,
                    field_col[near_row, near_col] + col - near_col,
                )
                if not (0 <= at_row <= last_row and 0 <= at_col <= last_col) or (
                    at_row == best_row and at_col == best_col
                ):
                    continue
            else:
                state = shuffled(state)
                top, left = max(0, best_row - span), max(0, best_col - span)
                at_row = top + drawn(state, 12, min(last_row, best_row + span) - top + 1)
                at_col = left + drawn(state, 36, min(last_col, best_col + span) - left + 1)
                limit = np.int32(best * reluctance)
                span >>= 1
            astray, missing = np.float32(at_row) - wanted, busy - texture[at_row, at_col]
            fixed = penalty(astray, row_weight, missing, texture_weight, extra[at_row, at_col])
            if fixed >= limit:
                continue
            cost = fixed + distance(canvas, source, row, col, at_row, at_col, limit - fixed)
            if cost < limit:
                best, best_row, best_col = cost, at_row, at_col
        field_cost[row, col], field_row[row, col], field_col[row, col] = best, best_row, best_col
    return state


def confidence(away: Floats) -> Floats:
    """Return the weights for distances from the photo in pixels (Wexler et al., the alpha of equation 4)."""
    return np.power(np.float32(FALLOFF), -np.minimum(away, FARTHEST)).astype(np.float32)


def bell(width: float) -> Floats:
    """Return (SIZE, SIZE) Gaussian weights inside a patch.

    `width` is the standard deviation in half patches; a narrow bell keeps detail sharp.
    """
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
