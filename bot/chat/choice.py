"""The choices for an expansion (direction, scale or ratio, style, prompt, engine), and the margins that follow."""

from __future__ import annotations

import secrets
from bisect import bisect_left
from dataclasses import dataclass, replace
from random import Random

from inference.canvas import Extent, Margins, NoSuchCanvas, check_limits
from inference.engine import SEEDS, Style
from inference.growth import Direction, parse_ratio, scaled, with_ratio
from inference.image.codec import MAX_RATIO
from storage.models import Expansion, Panel, Photo

SCALES = (1.25, 1.5, 2.0)
DEFAULT_SCALE = 1.5
RATIOS = ("1:1", "4:5", "16:9", "9:16")
JOURNEY = 5  # most steps that one tap starts
PERCENTS = range(110, 201)  # scales that a step of a journey may have: up to the largest that a panel offers


@dataclass(frozen=True)
class Choice:
    """The choices for one expansion. Exactly one of scale and ratio is set."""

    direction: Direction = Direction.ALL
    scale: float | None = DEFAULT_SCALE
    ratio: str | None = None
    style: Style = Style.FAITHFUL
    prompt: str = ""
    engine: str = ""  # the name of one on offer; without one, the style has its own

    @classmethod
    def of(cls, row: Panel | Expansion) -> Choice:
        """Return the choices that a row stores."""
        return cls(Direction(row.direction), row.scale, row.ratio, Style(row.style), row.prompt, row.chosen_engine)

    def with_scale(self, scale: float) -> Choice:
        """Return the choice with a scale instead of a ratio."""
        return replace(self, scale=scale, ratio=None)

    def with_ratio(self, ratio: str) -> Choice:
        """Return the choice with a ratio instead of a scale."""
        return replace(self, ratio=ratio, scale=None)

    def margins(self, photo: Extent, max_megapixels: float) -> Margins:
        """Return the margins in px. Raises NoSuchCanvas, or a subclass that says why."""
        if self.ratio is not None:
            margins = with_ratio(photo, self.direction, parse_ratio(self.ratio))
        elif self.scale is not None:
            margins = scaled(photo, self.direction, self.scale)
        else:
            raise NoSuchCanvas("neither a scale nor a ratio is chosen")
        check_limits(margins.canvas(photo), max_megapixels)
        return margins

    def possible(self, photo: Extent, max_megapixels: float) -> bool:
        """Tell whether there is a canvas for this choice."""
        try:
            return bool(self.margins(photo, max_megapixels))
        except NoSuchCanvas:
            return False


def offered_scales(choice: Choice, photo: Extent, max_megapixels: float) -> list[float]:
    """Return the scales whose canvas is within the limits."""
    return [scale for scale in SCALES if choice.with_scale(scale).possible(photo, max_megapixels)]


def offered_ratios(photo: Extent, max_megapixels: float) -> list[str]:
    """Return the ratios within the limits. The photo's own ratio is among them, because a tap on it explains itself."""
    return [ratio for ratio in RATIOS if not _too_large(Choice().with_ratio(ratio), photo, max_megapixels)]


def first_choice(wish: Choice, photo: Extent, max_megapixels: float) -> Choice | None:
    """Return the wish if it is possible, or else the nearest possible choice. Returns None if there is none."""
    scales = sorted(SCALES, key=lambda scale: abs(scale - (wish.scale or DEFAULT_SCALE)))
    candidates = [
        wish,
        *(
            replace(wish, direction=d).with_scale(s)
            for s in scales
            for d in (wish.direction, Direction.RIGHT, Direction.DOWN)
        ),
    ]
    return next((choice for choice in candidates if choice.possible(photo, max_megapixels)), None)


def onward(choice: Choice, photo: Extent, max_megapixels: float) -> Choice | None:
    """Return the choice that zooms out from a result once more: the one that it was made with, if its scale fits.

    Otherwise it has the largest offered scale that fits. A ratio is reached already, so the default scale replaces it.
    Returns None if no offered scale fits.
    """
    wish = choice.with_scale(choice.scale or DEFAULT_SCALE)
    smaller = [wish.with_scale(scale) for scale in sorted(SCALES, reverse=True)]
    return next((each for each in (wish, *smaller) if each.possible(photo, max_megapixels)), None)


def journey(choice: Choice, photo: Extent, max_megapixels: float, most: int = JOURNEY) -> tuple[Choice, int] | None:
    """Return the choice of each step outward from a photo, and the number of steps.

    As many steps as possible, up to `most`, share the room that is left, at one and the same scale. It is a whole
    percent between the smallest and the largest that a step may have. Returns None if not even one step fits.
    """
    for steps in range(most, 0, -1):
        fitting = bisect_left(
            PERCENTS, True, key=lambda percent: not _fits(choice, photo, max_megapixels, percent, steps)
        )
        if fitting:
            return choice.with_scale(PERCENTS[fitting - 1] / 100), steps
    return None


def outward(photo: Extent, direction: Direction, scale: float, steps: int) -> list[Margins]:
    """Return the margins after each of some steps outward, all around the photo. Raises NoSuchCanvas."""
    margins = [Margins()]
    for _ in range(steps):
        margins.append(margins[-1] + scaled(margins[-1].canvas(photo), direction, scale))
    return margins[1:]


def rolled(choice: Choice, photo: Extent, max_megapixels: float, random: Random) -> Choice:
    """🎲: return a random possible direction, scale and style. The prompt stays."""
    dice = [
        replace(choice, direction=direction, style=style).with_scale(scale)
        for direction in Direction
        for style in Style
        for scale in SCALES
    ]
    return random.choice([c for c in dice if c.possible(photo, max_megapixels)] or [choice])


def new_seed(variant: int = 0) -> int:
    """Return a random seed. Seeds of variants 1 to 4 differ modulo 4, which gives each a slot of its own in a batch."""
    return secrets.randbelow(SEEDS // 4) * 4 + variant % 4 if variant else secrets.randbelow(SEEDS)


def may_double(photo: Extent, max_megapixels: float) -> bool:
    """Tell whether an image of twice the size is within the limits."""
    try:
        check_limits(photo * 2, max_megapixels)
    except NoSuchCanvas:
        return False
    return True


def extent_of(photo: Photo) -> Extent:
    """Return the size of a photo in px."""
    return Extent(photo.width, photo.height)


def margins_of(expansion: Expansion) -> Margins:
    """Return the margins of an expansion in px."""
    return Margins(expansion.left, expansion.top, expansion.right, expansion.bottom)


def _fits(choice: Choice, photo: Extent, max_megapixels: float, percent: int, steps: int) -> bool:
    """Tell whether some steps of a scale end within the limits of a canvas, and of the shape of a picture."""
    last = outward(photo, choice.direction, percent / 100, steps)[-1].canvas(photo)
    try:
        check_limits(last, max_megapixels)
    except NoSuchCanvas:
        return False
    return max(last) <= MAX_RATIO * min(last)


def planned(expansion: Expansion) -> list[Margins]:
    """Return the margins around the source of an expansion once it is painted, and after each step that follows it."""
    if not expansion.following:
        return [margins_of(expansion)]
    scale = expansion.scale or DEFAULT_SCALE
    return outward(extent_of(expansion.source), Direction(expansion.direction), scale, 1 + expansion.following)


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
