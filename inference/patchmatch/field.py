"""The nearest-neighbour field: for every patch that touches the new area, a similar patch of the atlas.

Propagation and random search follow Barnes, Shechtman, Finkelstein, Goldman, «PatchMatch» (SIGGRAPH 2009), section 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.patchmatch.kernel import kernel
from inference.patchmatch.patch import NEVER, distance, drawn, shuffled
from inference.patchmatch.terms import penalty


class Field(NamedTuple):
    """(rows, cols) of the canvas's patches, named by their top left pixels."""

    row: NDArray[np.int32]  # source row in the atlas
    col: NDArray[np.int32]
    cost: NDArray[np.int32]  # squared distance plus penalty; 0 where the patch lies inside the photo
    open: NDArray[np.bool_]  # the patch touches the new area


@kernel
def measure(canvas, source, field, terms):  # type: ignore[no-untyped-def]
    """Write every open patch's cost."""
    for row in range(field.open.shape[0]):
        for col in range(field.open.shape[1]):
            if field.open[row, col]:
                at = field.row[row, col], field.col[row, col]
                apart = distance(canvas, source, row, col, at[0], at[1], NEVER)
                field.cost[row, col] = apart + penalty(terms, row, col, at[0], at[1])


@kernel
def search(canvas, source, field, terms, radius, reluctance, forward, state):  # type: ignore[no-untyped-def]
    """One pass over the field in scan order or against it. Returns the random state.

    A random candidate must cost less than `reluctance` times the present one: neighbours then keep a common offset, and large
    regions are copied whole.
    """
    rows, cols = field.open.shape
    step = 1 if forward else -1
    for nth_row in range(rows):
        row = nth_row if forward else rows - 1 - nth_row
        for nth_col in range(cols):
            col = nth_col if forward else cols - 1 - nth_col
            if field.open[row, col] and field.cost[row, col] > 0:
                propagate(canvas, source, field, terms, row, col, row - step, col, step, 0)
                propagate(canvas, source, field, terms, row, col, row, col - step, 0, step)
                state = wander(canvas, source, field, terms, row, col, radius, reluctance, state)
    return state


@kernel
def propagate(canvas, source, field, terms, row, col, near_row, near_col, down, across):  # type: ignore[no-untyped-def]
    """Try the patch that continues a neighbour's."""
    if not (0 <= near_row < field.open.shape[0] and 0 <= near_col < field.open.shape[1]):
        return
    source_row, source_col = field.row[near_row, near_col] + down, field.col[near_row, near_col] + across
    inside = 0 <= source_row < terms.extra.shape[0] and 0 <= source_col < terms.extra.shape[1]
    if inside and (source_row != field.row[row, col] or source_col != field.col[row, col]):
        challenge(canvas, source, field, terms, row, col, source_row, source_col, field.cost[row, col])


@kernel
def wander(canvas, source, field, terms, row, col, radius, reluctance, state):  # type: ignore[no-untyped-def]
    """Try random patches around the present one, in windows that halve (equation 1 of the paper)."""
    last_row, last_col = terms.extra.shape[0] - 1, terms.extra.shape[1] - 1
    while radius >= 1:
        state = shuffled(state)
        top, left = max(0, field.row[row, col] - radius), max(0, field.col[row, col] - radius)
        height = min(last_row, field.row[row, col] + radius) - top + 1
        width = min(last_col, field.col[row, col] + radius) - left + 1
        limit = np.int32(field.cost[row, col] * reluctance)
        source_row, source_col = top + drawn(state, 12, height), left + drawn(state, 36, width)
        challenge(canvas, source, field, terms, row, col, source_row, source_col, limit)
        radius >>= 1
    return state


@kernel
def challenge(canvas, source, field, terms, row, col, source_row, source_col, limit):  # type: ignore[no-untyped-def]
    """Take a candidate that costs less than `limit`."""
    fixed = penalty(terms, row, col, source_row, source_col)
    if fixed >= limit:
        return
    cost = distance(canvas, source, row, col, source_row, source_col, limit - fixed) + fixed
    if cost < limit:
        field.cost[row, col] = cost
        field.row[row, col], field.col[row, col] = source_row, source_col
