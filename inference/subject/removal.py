"""A photo without its subject, and a subject closed beyond the frame that cuts it.

The scene around a photo is continued from a copy in which the subject is covered, so that no second head and no sleeve
in the air grows out of it; what the frame cut then ends under a round outline of its own mirror image.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.bands import Side
from inference.subject.subject import Subject

NEAR: Final = 8  # px that a row needs beside the subject to cover it from there
QUICK: Final = 6.0  # how much faster than evenly the left filling gives way to the right one
ROUND: Final = 0.42  # depth of a cap, as a share of the width of the cut
SHADE: Final = 0.35  # of the light that the lower end of a cap loses
FEWEST: Final = 4  # px of a cut that is worth closing

Alpha = NDArray[np.uint8]


def alpha_at(subject: Subject, width: int, height: int) -> Alpha:
    """(height, width) of the whole photo, 0 to 255."""
    small = np.rint(subject.matte * 255).astype(np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def without(photo: Pixels, alpha: Alpha) -> Pixels:
    """Each row of the subject covered by what stands left and right of it, mirrored; rows without either by the one
    above."""
    covered = photo.copy()
    reach = max(9, max(photo.shape) // 120) | 1
    hidden = cv2.dilate((alpha > 12).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    rows = np.flatnonzero(hidden.any(axis=1))
    for row in rows:
        inside = np.flatnonzero(hidden[row])
        _cover(covered, photo, int(row), int(inside[0]), int(inside[-1]) + 1)
    return covered


def _cover(covered: Pixels, photo: Pixels, row: int, first: int, last: int) -> None:
    line, width = photo[row], photo.shape[1]
    from_left, from_right = first >= NEAR, width - last >= NEAR
    at = np.arange(last - first)
    left = line[first - 1 - _folded(at, first)] if from_left else None
    right = line[last + _folded(at[::-1], width - last)] if from_right else None
    if left is not None and right is not None:
        share = np.clip(((at + 0.5) / len(at) - 0.5) * QUICK + 0.5, 0, 1)[:, None]
        covered[row, first:last] = np.rint(left * (1 - share) + right * share)
    elif left is not None:
        covered[row, first:last] = left
    elif right is not None:
        covered[row, first:last] = right
    elif row:
        covered[row, first:last] = covered[row - 1, first:last]


def _folded(distance: NDArray[np.intp], period: int) -> NDArray[np.intp]:
    """A distance walked to and fro over `period` pixels."""
    turns, rest = np.divmod(distance, period)
    return np.where(turns % 2 == 0, rest, period - 1 - rest)


def close(canvas: Pixels, photo: Pixels, alpha: Alpha, margins: Margins, cut: frozenset[Side]) -> None:
    """Close a subject, in place, beyond every side that cuts it and has new pixels."""
    for side in sorted(cut):
        room = getattr(margins, side.value)
        if room:
            turns = _TURNS[side]
            cap(np.rot90(canvas, turns), np.rot90(photo, turns), np.rot90(alpha, turns), _below(margins, side), side)


_TURNS: Final = {Side.BOTTOM: 0, Side.LEFT: 1, Side.TOP: 2, Side.RIGHT: 3}  # quarter turns that bring a side down


def _below(margins: Margins, side: Side) -> tuple[int, int]:
    """Where the photo begins on a canvas turned so that `side` is at the bottom: (left, top)."""
    return {
        Side.BOTTOM: (margins.left, margins.top),
        Side.LEFT: (margins.top, margins.right),
        Side.TOP: (margins.right, margins.bottom),
        Side.RIGHT: (margins.bottom, margins.left),
    }[side]


def cap(
    canvas: Pixels,
    photo: Pixels,
    alpha: Alpha,
    at: tuple[int, int],
    side: Side = Side.BOTTOM,
    depth: int | None = None,
    strip: int | None = None,
) -> int:
    """Continue a subject below a photo, in place, under a round outline, and say how deep.

    Arrays are turned so that the cut lies at the bottom. Below it comes its mirror image; of the last `strip` rows
    alone, to and fro, when that is given.
    """
    run = np.flatnonzero(alpha[-1] > 127)
    if run.size < FEWEST:
        return 0
    first, last = int(run[0]), int(run[-1]) + 1
    height = photo.shape[0]
    depth = min(depth or int(ROUND * (last - first)), height - 1, canvas.shape[0] - at[1] - height)
    outline = _outline(first, last, photo.shape[1], depth)
    strip = min(strip or height, height)
    for row in range(depth):
        source = height - 1 - int(_folded(np.array(row), strip))
        shown = (alpha[source] / 255.0 * np.clip(outline - row, 0, 1))[:, None]
        shade = 1 - SHADE * (row / depth) ** 2 if side is Side.BOTTOM else 1.0
        under = canvas[at[1] + height + row, at[0] : at[0] + photo.shape[1]]
        under[:] = np.rint(photo[source] * shade * shown + under * (1 - shown))
    return max(0, depth)


def _outline(first: int, last: int, width: int, depth: int) -> NDArray[np.float64]:
    across = (np.arange(width) - (first + last) / 2) / ((last - first) / 2)
    return np.asarray(depth * np.sqrt(np.clip(1.02 - across * across, 0, 1)))
