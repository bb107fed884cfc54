"""Views of a photo's sides, rotated so that the same code handles all four: axis 0 runs along a side, axis 1 away."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from inference.canvas import Margins

Scalar = TypeVar("Scalar", bound=np.generic)


class Side(StrEnum):
    """A side of the photo."""

    LEFT = "left"
    TOP = "top"
    RIGHT = "right"
    BOTTOM = "bottom"

    @property
    def turns(self) -> int:
        """The number of quarter turns by `np.rot90` that move this side to the bottom."""
        return (Side.BOTTOM, Side.LEFT, Side.TOP, Side.RIGHT).index(self)


def grown(margins: Margins) -> list[Side]:
    """Return the sides that have new pixels and therefore a seam."""
    return [side for side in Side if getattr(margins, side.value)]


def inwards(canvas: NDArray[Scalar], margins: Margins, side: Side, depth: int) -> NDArray[Scalar]:
    """Return a (length, at most depth, …) view of the photo at a side of a canvas. Column 0 lies at the seam."""
    turned, (width, before, after) = _turned(canvas, side), _around(margins, side)
    opposite = _around(margins, _OPPOSITE[side])[0]
    return turned[before : len(turned) - after, width : min(width + depth, turned.shape[1] - opposite)]


def outwards(canvas: NDArray[Scalar], margins: Margins, side: Side, depth: int) -> NDArray[Scalar]:
    """Return a (length, at most depth, …) view of the new part beside the photo. Column 0 lies at the seam."""
    turned, (width, before, after) = _turned(canvas, side), _around(margins, side)
    return turned[before : len(turned) - after, max(0, width - depth) : width][:, ::-1]


def ends(margins: Margins, side: Side) -> tuple[int, int]:
    """Return the number of new pixels beyond the two ends of a side."""
    return _around(margins, side)[1:]


_OPPOSITE = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.TOP: Side.BOTTOM, Side.BOTTOM: Side.TOP}


def _turned(canvas: NDArray[Scalar], side: Side) -> NDArray[Any]:
    if side in (Side.TOP, Side.BOTTOM):
        canvas = canvas.swapaxes(0, 1)
    return canvas[:, ::-1] if side in (Side.RIGHT, Side.BOTTOM) else canvas


def _around(margins: Margins, side: Side) -> tuple[int, int, int]:
    """Return (across, before, after): the margin of the side itself and the margins at its two ends."""
    if side in (Side.LEFT, Side.RIGHT):
        return getattr(margins, side.value), margins.top, margins.bottom
    return getattr(margins, side.value), margins.left, margins.right
