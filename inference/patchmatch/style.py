"""The synthesis settings of the three styles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inference.engine import Style
from inference.patchmatch.pyramid import Page

MIRROR = Page(mirrored=True)


@dataclass(frozen=True)
class StyleSettings:
    """The settings of a style. Costs are in squared grey levels per channel."""

    pages: tuple[Page, ...] = (Page(), MIRROR)
    upright: float = 6000.0  # cost of a source that is the photo's height away vertically
    lively: float = 1.0  # weight of the texture term
    reuse: float = 2.0  # added to the cost of a source and its surroundings each time it is used
    mirrored: float = 300.0  # cost of a mirrored source
    central: float = 100.0  # cost of a source in the middle of the photo, which is probably its subject
    salient: float = 600.0  # cost of a source in what stands out: a thing that is copied is a thing seen twice
    jitter: float = 0.1  # largest relative increase of a cost by a random draw
    bend: float = 0.16  # largest shift of the preferred rows, as a share of the photo's height

    def drawn(self, seed: int) -> StyleSettings:
        """Return the settings of one seed, which varies the weights, so that a reroll differs."""
        factors = np.exp2(np.random.default_rng([seed, 3]).uniform(-1, 1, 3))
        return replace(
            self, mirrored=self.mirrored * factors[0], central=self.central * factors[1], reuse=self.reuse * factors[2]
        )


SETTINGS = {
    Style.FAITHFUL: StyleSettings(),
    Style.PLAYFUL: StyleSettings(upright=2500.0, reuse=4.0, mirrored=0.0, central=0.0, jitter=0.2, bend=0.25),
    Style.WILD: StyleSettings(),  # the scene is as faithful as in the other styles; the beings make it wild
}
