"""What the three styles ask of the synthesis."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inference.engine import Style
from inference.patchmatch.pyramid import Page

MIRROR = Page(mirrored=True)


@dataclass(frozen=True)
class StyleSettings:
    """Choices of a style; costs are squared grey levels per channel."""

    pages: tuple[Page, ...] = (Page(), MIRROR)
    upright: float = 6000.0  # cost of taking a patch from as far up or down as the photo is tall
    lively: float = 1.0  # weight of the texture term
    reuse: float = 2.0  # added to the cost of a source, and of those around it, each time it is used
    mirrored: float = 300.0  # cost of a mirrored source
    central: float = 100.0  # cost of a source in the middle of the photo: what stands there is likely to be its subject
    jitter: float = 0.1  # how far a random draw may raise a cost, relatively
    bend: float = 0.16  # how far rows may wander, as a share of the photo's height

    def drawn(self, seed: int) -> StyleSettings:
        """The settings for one seed: a reroll weighs the costs anew."""
        factors = np.exp2(np.random.default_rng([seed, 3]).uniform(-1, 1, 3))
        return replace(
            self, mirrored=self.mirrored * factors[0], central=self.central * factors[1], reuse=self.reuse * factors[2]
        )


SETTINGS = {
    Style.FAITHFUL: StyleSettings(),
    Style.PLAYFUL: StyleSettings(upright=2500.0, reuse=4.0, mirrored=0.0, central=0.0, jitter=0.2, bend=0.25),
    Style.WILD: StyleSettings(),  # as faithful; what walks into it does the rest
}
