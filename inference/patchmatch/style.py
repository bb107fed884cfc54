"""What the three styles ask of the synthesis."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inference.engine import Style
from inference.patchmatch.pyramid import Page

MIRROR = Page(mirrored=True)
SIZES = (Page(scale=0.5), Page(scale=0.5, mirrored=True), Page(scale=0.75), Page(scale=1.35, mirrored=True))


@dataclass(frozen=True)
class StyleSettings:
    """Choices of a style; costs are squared grey levels per channel."""

    pages: tuple[Page, ...] = (Page(), MIRROR)
    browsed: int = 2  # pages the onion start chooses from; the others come with stamps
    upright: float = 6000.0  # cost of taking a patch from as far up or down as the photo is tall
    lively: float = 1.0  # weight of the texture term
    reuse: float = 2.0  # added to the cost of a source, and of those around it, each time it is used
    mirrored: float = 300.0  # cost of a mirrored source
    resized: float = 0.0  # cost of a source from a page of another size
    central: float = 100.0  # cost of a source in the middle of the photo: what stands there is likely to be its subject
    jitter: float = 0.1  # how far a random draw may raise a cost, relatively
    bend: float = 0.16  # how far rows may wander, as a share of the photo's height
    stamps: tuple[int, int] | None = None  # how many copies of the subject, at least and at most
    standing: bool = True  # copies stand where the original stands

    def drawn(self, seed: int) -> StyleSettings:
        """The settings for one seed: a reroll weighs the costs anew."""
        factors = np.exp2(np.random.default_rng([seed, 3]).uniform(-1, 1, 3))
        return replace(
            self, mirrored=self.mirrored * factors[0], central=self.central * factors[1], reuse=self.reuse * factors[2]
        )


SETTINGS = {
    Style.FAITHFUL: StyleSettings(),
    Style.PLAYFUL: StyleSettings(
        upright=2500.0, reuse=4.0, mirrored=0.0, central=0.0, jitter=0.2, bend=0.25, stamps=(1, 3)
    ),
    Style.WILD: StyleSettings(
        pages=(Page(), MIRROR, *SIZES),
        upright=0.0,
        reuse=4.0,
        mirrored=0.0,
        central=0.0,
        jitter=0.4,
        stamps=(5, 9),
        standing=False,
    ),
}
