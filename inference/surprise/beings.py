"""Raises a guess of surprise for the beings that an engine says it has put into the scene.

The statistics compare textures and edges, so they do not see that a cup has grown legs. The engine knows.
"""

from __future__ import annotations

from math import exp
from typing import Final

from inference.engine import Recipe, Style

STEEPNESS: Final = 8.0  # chosen by hand: beings on 5 % of the new pixels take a third of the way to 1

CALM: Final = 0.25  # what a being counts in a playful picture, where most stand on their own feet; chosen by hand
TWIN: Final = 0.05  # share that a second copy of the photo's subject counts as, chosen by hand


def share_of_beings(recipe: Recipe, style: Style) -> float:
    """Return the share of the new pixels, 0 to 1, that beings count as in a canvas of this recipe and style."""
    return float(recipe.get("beings", 0.0)) * (CALM if style is Style.PLAYFUL else 1.0)


def with_beings(guess: float, share: float) -> float:
    """Return the guess, 0 to 1, raised for beings that cover a share, 0 to 1, of the new pixels."""
    return guess + (1 - guess) * (1 - exp(-STEEPNESS * share))
