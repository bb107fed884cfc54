"""How a canvas grows around a photo: direction, scale and ratio become margins. Pure functions, lengths in pixels."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from inference.canvas import Extent, Margins, NoSuchCanvas, round_half_up

MIN_SCALE, MAX_SCALE = 1.05, 4.0


class Direction(StrEnum):
    """The directions in which a canvas can grow."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"
    ALL = "all"

    @property
    def widens(self) -> bool:
        """Whether the direction adds pixels at the sides."""
        return self in (Direction.LEFT, Direction.RIGHT, Direction.HORIZONTAL, Direction.ALL)

    @property
    def heightens(self) -> bool:
        """Whether the direction adds pixels above or below."""
        return self in (Direction.UP, Direction.DOWN, Direction.VERTICAL, Direction.ALL)


class RatioReached(NoSuchCanvas):
    """The photo already has the requested ratio."""


class RatioAcross(NoSuchCanvas):
    """The requested ratio needs new pixels along an axis that the direction does not extend."""


def scaled(photo: Extent, direction: Direction, scale: float) -> Margins:
    """Return the margins that make the photo `scale` times larger along `direction`.

    Raises NoSuchCanvas when `scale` is outside MIN_SCALE and MAX_SCALE.
    """
    if not MIN_SCALE <= scale <= MAX_SCALE:
        raise NoSuchCanvas(f"scale {scale:g} is not between {MIN_SCALE:g} and {MAX_SCALE:g}")
    larger = photo * Fraction(str(scale))  # decimal arithmetic: 50 * 1.15 is 57.5, but 57.499… in floats
    added_width = larger.width - photo.width if direction.widens else 0
    added_height = larger.height - photo.height if direction.heightens else 0
    return _placed(direction, added_width, added_height)


def with_ratio(photo: Extent, direction: Direction, ratio: Fraction) -> Margins:
    """Return the margins of the smallest canvas of `ratio` (width / height) around the photo, placed by `direction`.

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
    """Return the fraction that a text such as «16:9» stands for.

    Raises NoSuchCanvas when it is not a positive ratio.
    """
    width, colon, height = text.partition(":")
    try:
        ratio = Fraction(width) / Fraction(height) if colon else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise NoSuchCanvas(f"ratio {text!r} is not of the form 16:9") from None
    if ratio <= 0:
        raise NoSuchCanvas(f"ratio {text!r} must be positive")
    return ratio


def ratio_name(ratio: Fraction) -> str:
    """Return the text of a ratio, such as «16:9»."""
    return f"{ratio.numerator}:{ratio.denominator}"


def _placed(direction: Direction, added_width: int, added_height: int) -> Margins:
    """Split the added pixels between the sides of `direction`; an odd pixel goes to the right or to the bottom."""
    left = {Direction.LEFT: added_width, Direction.RIGHT: 0}.get(direction, added_width // 2)
    top = {Direction.UP: added_height, Direction.DOWN: 0}.get(direction, added_height // 2)
    return Margins(left, top, added_width - left, added_height - top)
