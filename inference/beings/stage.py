"""Treats the new part of a canvas as a stage: its horizon, its occupied boxes, and the placement of beings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator

from inference.beings.being import ENLARGED
from inference.beings.light import Light, hazy, set_off
from inference.beings.shadow import cast_shadow, reach
from inference.beings.sprite import Floats, Sprite, lay, resized
from inference.beings.trace import Trace
from inference.canvas import Box
from inference.engine import Pixels

TRIES: Final = 140  # random places that are tried for each being
ROWS: Final = 200  # height of the copy in which the horizon is found
HIGHEST, LOWEST = 50, 144  # rows of that copy between which a horizon may lie


@dataclass(frozen=True)
class Place:
    """Where a being may stand, in shares of the canvas's height and width."""

    height: tuple[float, float]
    feet: tuple[float, float]  # range of the feet's vertical position
    across: tuple[float, float] = (0.0, 1.0)  # range of the centre's horizontal position
    seen: float = 0.8  # least share of its width that lies on the canvas
    haze: float = 0.0
    behind: float = 0.0  # share of its height that the ground in front of it hides


class Stage:
    """A canvas on which beings are placed, in place and entirely outside the photo."""

    def __init__(self, canvas: Pixels, photo: Box, light: Light, random: Generator) -> None:
        self.canvas, self.photo, self.light, self._random = canvas, photo, light, random
        self.height, self.width = canvas.shape[:2]
        self.horizon = horizon(canvas)
        self.taken: list[Box] = [photo]
        self.trace = Trace(canvas)

    @cached_property
    def air(self) -> Floats:
        """The mean colour of the upper part. Only what stands in haze needs it, and that comes first."""
        upper = self.canvas[: max(4, self.horizon // 3)]
        sums = np.array(cv2.sumElems(upper)[:3])
        return np.asarray(sums / (upper.shape[0] * upper.shape[1]), np.float32)

    @property
    def floor(self) -> float:
        """The share of the canvas's height below which feet stand in the foreground."""
        return float(max(0.86, self.horizon / self.height + 0.15))

    def place(self, sprite: Sprite, where: Place) -> Box | None:
        """Place a sprite at the largest of random boxes that avoid the photo and all other beings.

        Returns the box, or None when no box is free.
        """
        found: tuple[float, Box] | None = None
        for _ in range(TRIES):
            tall = self._random.uniform(*where.height) * self.height
            foot = self._random.uniform(*where.feet) * self.height
            middle = self._random.uniform(*where.across) * self.width
            scale = tall / sprite.shape[0]
            box = _box(middle, foot, sprite.shape[1] * scale, tall)
            if scale <= ENLARGED and self._fits(box, where.seen) and (found is None or tall > found[0]):
                found = tall, box
        if found is None:
            return None
        box = found[1]
        with self.trace.within(box.padded(reach(box.height))):
            self._set_down(sprite, box, where)
        return box

    def _fits(self, box: Box, seen: float) -> bool:
        inside = min(box.right, self.width) - max(box.left, 0), min(box.bottom, self.height) - max(box.top, 0)
        if inside[0] < seen * (box.right - box.left) or inside[1] < 0.97 * (box.bottom - box.top):
            return False
        return not any(_meet(box, other) for other in self.taken)

    def _set_down(self, sprite: Sprite, box: Box, where: Place) -> None:
        scale = (box.bottom - box.top) / sprite.shape[0]
        sized = resized(sprite, scale)
        if where.haze:
            sized = hazy(sized, self.air, where.haze)
        else:
            sized = set_off(sized, self._seen(box))
            cast_shadow(sized, self.canvas, box.left, box.top)
        visible = int(sized.shape[0] * (1 - where.behind))
        lay(sized[:visible], self.canvas, box.left, box.top)
        self.taken.append(box)

    def _seen(self, box: Box) -> Pixels:
        return self.canvas[max(0, box.top) : box.bottom, max(0, box.left) : max(0, box.right)]


def horizon(canvas: Pixels) -> int:
    """Return the row at which the image changes most from top to bottom."""
    small = cv2.resize(canvas, (64, ROWS), interpolation=cv2.INTER_AREA)
    rows = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32), (0, 0), 2).mean(axis=1)
    change = np.abs(np.diff(rows, axis=0)).sum(axis=1)
    return int((HIGHEST + int(np.argmax(change[HIGHEST:LOWEST]))) * canvas.shape[0] / ROWS)


def _box(middle: float, foot: float, width: float, height: float) -> Box:
    left, top = int(middle - width / 2), int(foot - height)
    return Box(left, top, left + max(2, round(width)), top + max(2, round(height)))


def _meet(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom
