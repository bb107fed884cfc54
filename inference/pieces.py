"""Squares of the new part and their mirror images in the photo: what is compared where things are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from inference.canvas import Box, Extent, Margins
from inference.image.bands import Side, grown

PIECES: Final = 8  # of the new part, at most
LEAST, MOST = 1 / 6, 1 / 2  # of the photo's shorter side: how large a piece is, as large as its margin in between
LAYERED: Final = 4  # pieces of a side from which on they lie in two layers, one near the photo and one far away


class Pair(NamedTuple):
    """Of equal size, on the canvas."""

    new: Box  # at least half of it new along the axis that leads away from the photo
    own: Box  # all of it the photo's: mirrored across the seams, as near to that as fits


def pairs(margins: Margins, photo: Extent) -> list[Pair]:
    """Spread evenly along the sides with room; none where every margin is below a twelfth of the shorter side."""
    sides = [side for side in grown(margins) if getattr(margins, side) >= LEAST / 2 * min(photo)]
    new = (box for side in sides for box in _along(margins, photo, side, PIECES // len(sides)))
    return [Pair(box, _mirrored(box, margins.box(photo))) for box in dict.fromkeys(new)]


def _along(margins: Margins, photo: Extent, side: Side, most: int) -> Iterator[Box]:
    """Squares on one side of the canvas, corners included."""
    canvas, margin = margins.canvas(photo), getattr(margins, side)
    aside = side in (Side.LEFT, Side.RIGHT)
    depth, length = (canvas.width, canvas.height) if aside else (canvas.height, canvas.width)
    size = max(1, round(min(max(margin, LEAST * min(photo)), MOST * min(photo))))
    layers = 2 if margin >= 2 * size and most >= LAYERED else 1
    count = max(1, min(most // layers, length // size))
    for away in (max(0, start) for start in _spread(margin, layers, size)):
        across = depth - size - away if side in (Side.RIGHT, Side.BOTTOM) else away
        for along in _spread(length, count, size):
            left, top = (across, along) if aside else (along, across)
            yield Box(left, top, left + size, top + size)


def _spread(length: int, count: int, size: int) -> list[int]:
    """Where things of a size start that stand in the middles of equal parts of a length."""
    return [round(length * (number + 0.5) / count - size / 2) for number in range(count)]


def _mirrored(box: Box, photo: Box) -> Box:
    size = box.right - box.left
    left = _inside(box.left, size, photo.left, photo.right)
    top = _inside(box.top, size, photo.top, photo.bottom)
    return Box(left, top, left + size, top + size)


def _inside(start: int, size: int, first: int, end: int) -> int:
    if 2 * start + size < 2 * first:
        start = 2 * first - start - size
    elif 2 * start + size > 2 * end:
        start = 2 * end - start - size
    return min(max(start, first), end - size)
