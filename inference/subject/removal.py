"""Removes the subject from a photo, and completes a subject that the frame cuts.

The scene is extended from a copy in which the subject is covered, so that no second head or loose sleeve grows out of
the photo. A subject that the frame cuts is then continued by its mirror image under a round outline.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.bands import Side
from inference.subject.subject import Subject

NEAR: Final = 8  # px; a row needs as many beside the subject to cover it from that side
QUICK: Final = 6.0  # steepness of the transition from the left filling to the right one; 1 is linear
ROUND: Final = 0.42  # depth of a cap as a share of the cut's width
SHADE: Final = 0.35  # share of the light that the lower end of a cap loses
FADE: Final = 0.25  # share of a cap's depth over which the surroundings of the cut end
FEWEST: Final = 4  # px; narrower cuts are not closed

Alpha = NDArray[np.uint8]


def alpha_at(subject: Subject, width: int, height: int) -> Alpha:
    """Return the subject's alpha at the whole photo's size, (height, width), 0 to 255."""
    small = np.rint(subject.matte * 255).astype(np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def without(photo: Pixels, alpha: Alpha) -> Pixels:
    """Return the photo with the subject covered, row by row, by the mirrored pixels left and right of it.

    A row without such pixels is covered by the row above.
    """
    covered = photo.copy()
    hidden = _hidden(alpha, _reach(photo)) > 0
    rows = np.flatnonzero(hidden.any(axis=1))
    for row in rows:
        inside = np.flatnonzero(hidden[row])
        _cover(covered, photo, int(row), int(inside[0]), int(inside[-1]) + 1)
    return covered


def _reach(photo: Pixels) -> int:
    return int(max(9, max(photo.shape) // 120) | 1)


def _hidden(alpha: Alpha, reach: int) -> NDArray[np.uint8]:
    """Return which pixels are covered, 1 or 0: the subject, even where it is uncertain, and a few pixels around it."""
    return np.asarray(cv2.dilate((alpha > 12).astype(np.uint8), np.ones((reach, reach), np.uint8)), np.uint8)


def _cover(covered: Pixels, photo: Pixels, row: int, first: int, last: int) -> None:
    line, count, hole = photo[row], last - first, covered[row, first:last]
    left = _continued(line[:first][::-1], count) if first >= NEAR else None
    right = _continued(line[last:], count)[::-1] if len(line) - last >= NEAR else None
    if left is not None and right is not None:
        share = np.clip(((np.arange(count) + 0.5) / count - 0.5) * QUICK + 0.5, 0, 1)
        begin, end = int((share == 0).sum()), count - int((share == 1).sum())
        share = share[begin:end, None]
        hole[:begin], hole[end:] = left[:begin], right[end:]
        hole[begin:end] = np.rint(left[begin:end] * (1 - share) + right[begin:end] * share)
    elif left is not None:
        hole[:] = left
    elif right is not None:
        hole[:] = right
    elif row:
        hole[:] = covered[row - 1, first:last]


def _continued(pixels: Pixels, count: int) -> Pixels:
    """Return the first `count` of a row of pixels, which goes on back and forth."""
    return pixels[:count] if count <= len(pixels) else pixels[_folded(np.arange(count), len(pixels))]


def _folded(distance: NDArray[np.intp], period: int) -> NDArray[np.intp]:
    """Fold distances back and forth into the range of `period` pixels, like a mirror."""
    turns, rest = np.divmod(distance, period)
    return np.where(turns % 2 == 0, rest, period - 1 - rest)


def close(canvas: Pixels, photo: Pixels, alpha: Alpha, margins: Margins, cut: frozenset[Side]) -> None:
    """Complete a subject in place beyond every side that cuts it and has new pixels."""
    for side in sorted(cut):
        room = getattr(margins, side.value)
        if room:
            turns = side.turns
            cap(np.rot90(canvas, turns), np.rot90(photo, turns), np.rot90(alpha, turns), _below(margins, side), side)


def _below(margins: Margins, side: Side) -> tuple[int, int]:
    """Return the photo's (left, top) on a canvas that is rotated so that `side` is at the bottom."""
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
    """Continue a subject below a photo in place under a round outline, and return the depth in px.

    The arrays are rotated so that the cut is at the bottom. The subject's mirror image continues it; when `strip` is
    given, only the last `strip` rows are used, back and forth. What was covered beside the subject comes along at first
    and fades away, because the scene around the photo does not continue it.
    """
    run = np.flatnonzero(alpha[-1] > 127)
    if run.size < FEWEST:
        return 0
    first, last = int(run[0]), int(run[-1]) + 1
    height, reach = photo.shape[0], _reach(photo)
    depth = min(depth or int(ROUND * (last - first)), height - 1, canvas.shape[0] - at[1] - height)
    if depth <= 0:
        return 0
    outline = _outline(first, last, photo.shape[1], depth)
    strip = min(strip or height, height)
    used = alpha[height - 1 - min(depth, strip) :]
    body, beside = _body(used, reach), _hidden(used, reach)
    beside[:, : max(0, first - reach)] = beside[:, last + reach :] = 0
    seen = np.flatnonzero((outline > 0) | beside.any(axis=0))
    part = slice(int(seen[0]), int(seen[-1]) + 1)
    for row in range(depth):
        back = int(_folded(np.array(row), strip))
        near, within = max(0.0, 1 - row / (FADE * depth)), np.clip(outline[part] - row, 0, 1)
        shown = np.maximum(body[-1 - back, part] * within, beside[-1 - back, part] * near)
        shade = 1 - SHADE * (row / depth) ** 2 if side is Side.BOTTOM else 1.0
        under = canvas[at[1] + height + row, at[0] + part.start : at[0] + part.stop]
        _blend(under, photo[height - 1 - back, part], shade, shown)
    return depth


def _blend(under: Pixels, over: Pixels, shade: float, shown: NDArray[np.floating[Any]]) -> None:
    """Blend one row of pixels over another in place. NumPy is several times faster with a flat row."""
    flat = np.repeat(shown, 3)
    under[:] = np.rint(over.ravel() * shade * flat + under.ravel() * (1 - flat)).reshape(-1, 3)


def _body(alpha: Alpha, reach: int) -> NDArray[np.float32]:
    """Return how opaque the rows above a cut are in its cap, 0 to 1.

    A half transparent cap would show the seam, so what is uncertain is decided, and gaps are closed.
    """
    wide = 4 * reach | 1
    sure = cv2.morphologyEx((alpha > 96).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((wide, wide), np.uint8))
    return np.asarray(cv2.GaussianBlur(sure.astype(np.float32), (0, 0), reach / 9), np.float32)


def _outline(first: int, last: int, width: int, depth: int) -> NDArray[np.float64]:
    across = (np.arange(width) - (first + last) / 2) / ((last - first) / 2)
    return np.asarray(depth * np.sqrt(np.clip(1.02 - across * across, 0, 1)))
