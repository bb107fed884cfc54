"""Where the photo sits on its canvas: direction, scale and ratio become margins. Pure functions, lengths in pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor
from operator import add, sub
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_SIDE = 16_000
MIN_SCALE, MAX_SCALE = 1.05, 4.0


class Direction(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"
    ALL = "all"

    @property
    def widens(self) -> bool:
        return self in (Direction.LEFT, Direction.RIGHT, Direction.HORIZONTAL, Direction.ALL)

    @property
    def heightens(self) -> bool:
        return self in (Direction.UP, Direction.DOWN, Direction.VERTICAL, Direction.ALL)


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
        """The rectangle of this extent whose first pixel is the origin."""
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
    """A rectangle of pixels, right and bottom exclusive. It may be empty."""

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

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the rectangle's pixels in an array of shape (height, width, …)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def __and__(self, other: Box) -> Box:
        """Return the part that both have; it is empty when they lie apart."""
        return Box(*map(max, self[:2], other[:2]), *map(min, self[2:], other[2:]))

    def __mul__(self, scale: float) -> Box:  # type: ignore[override]
        """Return every edge times `scale`, rounded half up."""
        return Box(*(round_half_up(edge * scale) for edge in self))

    def padded(self, pixels: int) -> Box:
        """Return the rectangle with `pixels` more on every side."""
        return Box(self.left - pixels, self.top - pixels, self.right + pixels, self.bottom + pixels)

    def inside(self, outer: Box) -> Box:
        """Return the same rectangle counted from the first pixel of `outer`."""
        return Box(self.left - outer.left, self.top - outer.top, self.right - outer.left, self.bottom - outer.top)

    def margins(self, outer: Box) -> Margins:
        """Return what surrounds this rectangle in `outer`. Raises NoSuchCanvas when it sticks out."""
        within = self.inside(outer)
        return Margins(within.left, within.top, outer.width - within.right, outer.height - within.bottom)

    def around(self, canvas: Extent) -> tuple[Box, Box, Box, Box]:
        """Return the rest of a canvas: above and below at full width, then left and right. Some may be empty."""
        return (
            Box(0, 0, canvas.width, self.top),
            Box(0, self.bottom, canvas.width, canvas.height),
            Box(0, self.top, self.left, self.bottom),
            Box(self.right, self.top, canvas.width, self.bottom),
        )

    def tiles(self, width: int, height: int) -> Iterator[Box]:
        """Cut the rectangle into tiles of at most that size, row by row. An empty rectangle has none."""
        for top in range(self.top, self.bottom, height):
            for left in range(self.left, self.right, width):
                yield Box(left, top, min(left + width, self.right), min(top + height, self.bottom))


@dataclass(frozen=True)
class Margins:
    """Pixels to add on each side of a photo: the only geometry an engine sees."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __post_init__(self) -> None:
        if min(self.left, self.top, self.right, self.bottom) < 0:
            raise NoSuchCanvas(f"margins {self} must not be negative; cropping is not expanding")

    def canvas(self, photo: Extent) -> Extent:
        """The extent of photo plus margins."""
        return Extent(photo.width + self.left + self.right, photo.height + self.top + self.bottom)

    def box(self, photo: Extent) -> Box:
        """Where a photo of this extent lies on its canvas."""
        return Box(self.left, self.top, self.left + photo.width, self.top + photo.height)

    def inner(self, canvas: Extent) -> Box:
        """Where the photo lies on a canvas of this extent."""
        return Box(self.left, self.top, canvas.width - self.right, canvas.height - self.bottom)

    def mask(self, photo: Extent) -> NDArray[np.uint8]:
        """(height, width) of the canvas: 255 is painted, 0 is kept (the diffusers convention)."""
        canvas = self.canvas(photo)
        mask = np.full((canvas.height, canvas.width), 255, np.uint8)
        mask[self.box(photo).slices] = 0
        return mask

    def __add__(self, other: Margins) -> Margins:
        return Margins(*map(add, astuple(self), astuple(other)))

    def __sub__(self, other: Margins) -> Margins:
        """Raises NoSuchCanvas where the other is larger."""
        return Margins(*map(sub, astuple(self), astuple(other)))

    def __bool__(self) -> bool:
        return bool(self.left or self.top or self.right or self.bottom)


class NoSuchCanvas(ValueError):
    """A choice of direction, scale, ratio or margins that has no canvas."""


class RatioReached(NoSuchCanvas):
    """The photo has the asked ratio already."""


class RatioAcross(NoSuchCanvas):
    """The ratio adds pixels along the other axis than the direction."""


class TooLarge(NoSuchCanvas):
    """The canvas would pass the limit in megapixels or along one side."""


def round_half_up(value: float | Fraction) -> int:
    return floor(value + Fraction(1, 2) if isinstance(value, Fraction) else value + 0.5)


def scaled(photo: Extent, direction: Direction, scale: float) -> Margins:
    """Margins that make the photo `scale` times larger along `direction`."""
    if not MIN_SCALE <= scale <= MAX_SCALE:
        raise NoSuchCanvas(f"scale {scale:g} is not between {MIN_SCALE:g} and {MAX_SCALE:g}")
    larger = photo * Fraction(str(scale))  # as written: 50 * 1.15 is 57.5, and 57.499… in floats
    added_width = larger.width - photo.width if direction.widens else 0
    added_height = larger.height - photo.height if direction.heightens else 0
    return _placed(direction, added_width, added_height)


def with_ratio(photo: Extent, direction: Direction, ratio: Fraction) -> Margins:
    """Margins of the smallest canvas of `ratio` (width over height) that contains the photo, placed by `direction`.

    Raises RatioReached when less than half a pixel is missing, RatioAcross when the direction runs along the other
    axis.
    """
    if ratio <= 0:
        raise NoSuchCanvas(f"ratio {ratio} must be positive")
    added_width = round_half_up(photo.height * ratio) - photo.width
    added_height = round_half_up(photo.width / ratio) - photo.height
    if added_width <= 0 and added_height <= 0:
        raise RatioReached(f"the photo is {photo.width}x{photo.height}, which is {ratio_name(ratio)} already")
    if added_width > 0:
        if not direction.widens:
            raise RatioAcross(f"{ratio_name(ratio)} adds pixels at the sides; {direction.value} cannot")
        return _placed(direction, added_width, 0)
    if not direction.heightens:
        raise RatioAcross(f"{ratio_name(ratio)} adds pixels above and below; {direction.value} cannot")
    return _placed(direction, 0, added_height)


def parse_ratio(text: str) -> Fraction:
    """«16:9» as a fraction."""
    width, colon, height = text.partition(":")
    try:
        ratio = Fraction(width) / Fraction(height) if colon else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise NoSuchCanvas(f"ratio {text!r} is not of the form 16:9") from None
    if ratio <= 0:
        raise NoSuchCanvas(f"ratio {text!r} must be positive")
    return ratio


def ratio_name(ratio: Fraction) -> str:
    return f"{ratio.numerator}:{ratio.denominator}"


def check_limits(canvas: Extent, max_megapixels: float, max_side: int = MAX_SIDE) -> None:
    """Raise TooLarge, naming the limit, when a canvas passes it."""
    if canvas.megapixels > max_megapixels:
        raise TooLarge(
            f"{canvas.width}x{canvas.height} is {canvas.megapixels:.1f} MP; the limit is {max_megapixels:g} MP"
        )
    if max(canvas) > max_side:
        raise TooLarge(f"{canvas.width}x{canvas.height} is longer than {max_side} px")


def _placed(direction: Direction, added_width: int, added_height: int) -> Margins:
    """An even split puts the odd pixel right or down."""
    left = {Direction.LEFT: added_width, Direction.RIGHT: 0}.get(direction, added_width // 2)
    top = {Direction.UP: added_height, Direction.DOWN: 0}.get(direction, added_height // 2)
    return Margins(left, top, added_width - left, added_height - top)
