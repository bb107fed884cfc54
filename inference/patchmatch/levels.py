"""The levels of a coarse-to-fine synthesis: the canvas at growing sizes, the photo always on whole pixels."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

from inference.canvas import Extent, Margins, round_half_up
from inference.patchmatch.patch import SIZE

LARGE = 3.0  # new pixels per pixel of the photo: twice as wide and as tall
LEAST = SIZE + 2  # pixels a photo needs along a side so that a patch fits with room to choose


@dataclass(frozen=True)
class Level:
    """A canvas at one size, in its own pixels."""

    photo: Extent
    margins: Margins

    @property
    def canvas(self) -> Extent:
        return self.margins.canvas(self.photo)

    @property
    def area(self) -> int:
        return self.canvas.width * self.canvas.height


def plan(photo: Extent, margins: Margins, work: int, coarse: int) -> list[Level]:
    """Levels from coarsest to finest, each about half as large as the next.

    `work` bounds the finest canvas and `coarse` the coarsest photo, both as pixels of area; so cost and layout depend
    on neither the photo's size nor its shape. Beyond LARGE the coarsest photo also shrinks as the new area grows, for
    filling it costs photo times new pixels."""
    full, canvas = photo.width * photo.height, margins.canvas(photo)
    growth = canvas.width * canvas.height / full
    finest = min(1.0, sqrt(work / (full * growth)))
    coarse = min(coarse, int(coarse * sqrt(LARGE / max(growth - 1, 0.1))))
    ratio = sqrt(full * finest**2 / coarse)  # of the sides of the photo, finest to coarsest
    steps = max(1, round(log(ratio, 2))) if ratio > 1.2 else 0
    return [
        _level(photo, margins, finest * ratio ** (step / max(steps, 1) - 1 if steps else 0))
        for step in range(steps + 1)
    ]


def _level(photo: Extent, margins: Margins, scale: float) -> Level:
    small = Extent(max(LEAST, round_half_up(photo.width * scale)), max(LEAST, round_half_up(photo.height * scale)))
    across, down = small.width / photo.width, small.height / photo.height
    return Level(
        small,
        Margins(
            _scaled(margins.left, across),
            _scaled(margins.top, down),
            _scaled(margins.right, across),
            _scaled(margins.bottom, down),
        ),
    )


def _scaled(margin: int, scale: float) -> int:
    """A margin never vanishes: every new pixel of the canvas needs one below it."""
    return max(1, round_half_up(margin * scale)) if margin else 0
