"""What can be asked of a photo: direction, scale or ratio, style, and the margins they come to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from random import Random

from inference.canvas import Direction, Extent, Margins, NoSuchCanvas, check_limits, parse_ratio, scaled, with_ratio
from inference.engine import Style
from storage.models import Expansion, Panel, Photo

SCALES = (1.25, 1.5, 2.0)
RATIOS = ("1:1", "4:5", "16:9", "9:16")
SEEDS = 2**31


@dataclass(frozen=True)
class Choice:
    """Exactly one of scale and ratio is set."""

    direction: Direction = Direction.ALL
    scale: float | None = 1.5
    ratio: str | None = None
    style: Style = Style.FAITHFUL
    prompt: str = ""

    @classmethod
    def of(cls, row: Panel | Expansion) -> Choice:
        return cls(Direction(row.direction), row.scale, row.ratio, Style(row.style), row.prompt)

    def with_scale(self, scale: float) -> Choice:
        return replace(self, scale=scale, ratio=None)

    def with_ratio(self, ratio: str) -> Choice:
        return replace(self, ratio=ratio, scale=None)

    def margins(self, photo: Extent, max_megapixels: float) -> Margins:
        """Raises NoSuchCanvas, or its kind that says why."""
        if self.ratio is not None:
            margins = with_ratio(photo, self.direction, parse_ratio(self.ratio))
        elif self.scale is not None:
            margins = scaled(photo, self.direction, self.scale)
        else:
            raise NoSuchCanvas("neither a scale nor a ratio is chosen")
        check_limits(margins.canvas(photo), max_megapixels)
        return margins

    def possible(self, photo: Extent, max_megapixels: float) -> bool:
        try:
            return bool(self.margins(photo, max_megapixels))
        except NoSuchCanvas:
            return False


def offered_scales(choice: Choice, photo: Extent, max_megapixels: float) -> list[float]:
    """The scales whose canvas is within the limits."""
    return [scale for scale in SCALES if choice.with_scale(scale).possible(photo, max_megapixels)]


def offered_ratios(photo: Extent, max_megapixels: float) -> list[str]:
    """The ratios within the limits; one that the photo has already stays, for its sentence says so."""
    return [ratio for ratio in RATIOS if not _too_large(Choice().with_ratio(ratio), photo, max_megapixels)]


def first_choice(wish: Choice, photo: Extent, max_megapixels: float) -> Choice | None:
    """The wish where it is possible, else the nearest that is; None for a photo too large to expand at all."""
    scales = sorted(SCALES, key=lambda scale: abs(scale - (wish.scale or 1.5)))
    candidates = [
        wish,
        *(
            replace(wish, direction=d).with_scale(s)
            for s in scales
            for d in (wish.direction, Direction.RIGHT, Direction.DOWN)
        ),
    ]
    return next((choice for choice in candidates if choice.possible(photo, max_megapixels)), None)


def rolled(choice: Choice, photo: Extent, max_megapixels: float, random: Random) -> Choice:
    """🎲: any direction, scale and style that the photo allows; the prompt stays."""
    dice = [
        replace(choice, direction=direction, style=style).with_scale(scale)
        for direction in Direction
        for style in Style
        for scale in SCALES
    ]
    return random.choice([c for c in dice if c.possible(photo, max_megapixels)] or [choice])


def new_seed(variant: int = 0) -> int:
    """Four variants get four remainders by four, so that an engine that paints them together has a seat for each."""
    return secrets.randbelow(SEEDS // 4) * 4 + variant % 4 if variant else secrets.randbelow(SEEDS)


def may_double(photo: Extent, max_megapixels: float) -> bool:
    """Whether a picture at twice its size is within the limits."""
    try:
        check_limits(Extent(2 * photo.width, 2 * photo.height), max_megapixels)
    except NoSuchCanvas:
        return False
    return True


def extent_of(photo: Photo) -> Extent:
    return Extent(photo.width, photo.height)


def margins_of(expansion: Expansion) -> Margins:
    return Margins(expansion.left, expansion.top, expansion.right, expansion.bottom)


def _too_large(choice: Choice, photo: Extent, max_megapixels: float) -> bool:
    ratio = parse_ratio(choice.ratio or "1:1")
    wide = ratio * photo.height >= photo.width
    canvas = (
        Extent(round(photo.height * ratio), photo.height) if wide else Extent(photo.width, round(photo.width / ratio))
    )
    try:
        check_limits(canvas, max_megapixels)
    except NoSuchCanvas:
        return True
    return False
