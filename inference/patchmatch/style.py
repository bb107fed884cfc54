"""What the three styles ask of the synthesis."""

from __future__ import annotations

from dataclasses import dataclass

from inference.engine import Style
from inference.patchmatch.atlas import Page


@dataclass(frozen=True)
class Recipe:
    """Choices of a style; costs are squared grey levels per channel."""

    pages: tuple[Page, ...] = (Page(),)
    upright: float = 4000.0  # cost of taking a patch from as far up or down as the photo is tall
    lively: float = 1.0  # weight of the texture term
    jitter: float = 0.1  # how far a random draw may raise a cost, relatively


RECIPES = {
    Style.FAITHFUL: Recipe(),
    Style.PLAYFUL: Recipe(pages=(Page(), Page(mirrored=True)), upright=1500.0, jitter=0.3),
    Style.WILD: Recipe(pages=(Page(), Page(mirrored=True), Page(scale=0.5)), upright=0.0, jitter=0.6),
}
