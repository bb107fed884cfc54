"""Where each step of a chain lies in the picture that the chain has come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inference.canvas import Margins
from storage.models import Expansion


@dataclass(frozen=True)
class Growth:
    """A step that added pixels; `zoom` px of the chain's last picture are one of its own, along either side."""

    step: Expansion
    zoom: int

    @property
    def margins(self) -> Margins:
        """In pixels of the last picture."""
        sides = (self.step.left, self.step.top, self.step.right, self.step.bottom)
        return Margins(*(self.zoom * side for side in sides))


def growth(chain: Sequence[Expansion]) -> list[Growth]:
    """The steps of a chain, root first, that added pixels. One that doubles the size only makes those before it larger;
    alone, when what it doubled was deleted, it leaves none."""
    steps, zoom = list[Growth](), 1
    for step in reversed(chain):
        if step.doubles:
            zoom *= 2
        else:
            steps.insert(0, Growth(step, zoom))
    return steps
