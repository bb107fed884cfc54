"""Geometry of the photo on its canvas: extents, boxes and margins, with arithmetic. Lengths are in pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from fractions import Fraction
from math import floor
from operator import add, sub
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_SIDE = 16_000


class Extent(NamedTuple):
    """A width and a height, in pixels."""

    width: int
    height: int

    @classmethod
    def of(cls, pixels: NDArray[Any]) -> Extent:
        """Return the extent of an array of shape (height, width, …)."""
        height, width = pixels.shape[:2]
        return cls(width, height)

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def megapixels(self) -> float:
        return self.area / 1_000_000

    @property
    def box(self) -> Box:
        """Return the rectangle of this extent whose top left pixel is the origin."""
        return Box(0, 0, self.width, self.height)

    def __mul__(self, scale: float | Fraction) -> Extent:  # type: ignore[override]
        """Return both sides times `scale`, rounded half up."""
        return Extent(round_half_up(self.width * scale), round_half_up(self.height * scale))

    def __rmul__(self, scale: float | Fraction) -> Extent:  # type: ignore[override]
        return self * scale

    def at_least(self, side: int) -> Extent:
        """Return the extent with no side shorter than `side`."""
        return Extent(max(side, self.width), max(side, self.height))


class Box(NamedTuple):
    """A rectangle of pixels; `right` and `bottom` are exclusive. It may be empty."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def extent(self) -> Extent:
        return Extent(self.width, self.height)

    def moved(self, across: int, down: int) -> Box:
        """Return the box, moved by so many pixels to the right and down."""
        return Box(self.left + across, self.top + down, self.right + across, self.bottom + down)

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Return the index of the rectangle's pixels in an array of shape (height, width, …)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def __and__(self, other: Box) -> Box:
        """Return the intersection of both rectangles; it is empty when they do not overlap."""
        return Box(*map(max, self[:2], other[:2]), *map(min, self[2:], other[2:]))

    def __mul__(self, scale: float) -> Box:  # type: ignore[override]
        """Return every edge times `scale`, rounded half up."""
        return Box(*(round_half_up(edge * scale) for edge in self))

    def padded(self, pixels: int) -> Box:
        """Return the rectangle enlarged by `pixels` on every side."""
        return Box(self.left - pixels, self.top - pixels, self.right + pixels, self.bottom + pixels)

    def inside(self, outer: Box) -> Box:
        """Return the same rectangle in coordinates whose origin is the top left pixel of `outer`."""
        return Box(self.left - outer.left, self.top - outer.top, self.right - outer.left, self.bottom - outer.top)

    def margins(self, outer: Box) -> Margins:
        """Return the margins that surround this rectangle in `outer`.

        Raises NoSuchCanvas when it extends beyond `outer`.
        """
        within = self.inside(outer)
        return Margins(within.left, within.top, outer.width - within.right, outer.height - within.bottom)

    def around(self, canvas: Extent) -> tuple[Box, Box, Box, Box]:
        """Return the four parts of a canvas outside this rectangle: above and below at full width, then left and right.

        Some of them may be empty.
        """
        return (
            Box(0, 0, canvas.width, self.top),
            Box(0, self.bottom, canvas.width, canvas.height),
            Box(0, self.top, self.left, self.bottom),
            Box(self.right, self.top, canvas.width, self.bottom),
        )

    def tiles(self, width: int, height: int) -> Iterator[Box]:
        """Yield tiles of at most `width` by `height` that cover the rectangle, row by row.

        An empty rectangle has none.
        """
        for top in range(self.top, self.bottom, height):
            for left in range(self.left, self.right, width):
                yield Box(left, top, min(left + width, self.right), min(top + height, self.bottom))


@dataclass(frozen=True)
class Margins:
    """Pixels to add on each side of a photo. This is the only geometry that an engine receives."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __post_init__(self) -> None:
        if min(self.left, self.top, self.right, self.bottom) < 0:
            raise NoSuchCanvas(f"margins {self} must not be negative; cropping is not expanding")

    def canvas(self, photo: Extent) -> Extent:
        """Return the extent of a photo with these margins added."""
        return Extent(photo.width + self.left + self.right, photo.height + self.top + self.bottom)

    def box(self, photo: Extent) -> Box:
        """Return the rectangle that a photo of this extent occupies on its canvas."""
        return Box(self.left, self.top, self.left + photo.width, self.top + photo.height)

    def inner(self, canvas: Extent) -> Box:
        """Return the rectangle that the photo occupies on a canvas of this extent."""
        return Box(self.left, self.top, canvas.width - self.right, canvas.height - self.bottom)

    def mask(self, photo: Extent) -> NDArray[np.uint8]:
        """Return the (height, width) mask of the canvas: 255 is painted, 0 is kept (the diffusers convention)."""
        canvas = self.canvas(photo)
        mask = np.full((canvas.height, canvas.width), 255, np.uint8)
        mask[self.box(photo).slices] = 0
        return mask

    def __add__(self, other: Margins) -> Margins:
        return Margins(*map(add, astuple(self), astuple(other)))

    def __sub__(self, other: Margins) -> Margins:
        """Return the difference on each side. Raises NoSuchCanvas when `other` is larger on any side."""
        return Margins(*map(sub, astuple(self), astuple(other)))

    def __bool__(self) -> bool:
        return bool(self.left or self.top or self.right or self.bottom)


class NoSuchCanvas(ValueError):
    """No canvas exists for the chosen direction, scale, ratio or margins."""


class TooLarge(NoSuchCanvas):
    """The canvas would exceed the limit in megapixels or the limit of its longest side."""


def round_half_up(value: float | Fraction) -> int:
    """Return the nearest integer; a value halfway between two integers is rounded up."""
    return floor(value + Fraction(1, 2) if isinstance(value, Fraction) else value + 0.5)


def check_limits(canvas: Extent, max_megapixels: float, max_side: int = MAX_SIDE) -> None:
    """Raise TooLarge, which names the limit, when a canvas exceeds it."""
    if canvas.megapixels > max_megapixels:
        raise TooLarge(
            f"{canvas.width}x{canvas.height} is {canvas.megapixels:.1f} MP; the limit is {max_megapixels:g} MP"
        )
    if max(canvas) > max_side:
        raise TooLarge(f"{canvas.width}x{canvas.height} is longer than {max_side} px")
