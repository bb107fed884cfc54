"""Where each expansion of a chain lies in the chain's last image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inference.canvas import Box, Margins
from storage.models import Expansion


@dataclass(frozen=True)
class Growth:
    """An expansion that added pixels. One of its pixels is `zoom` px wide and high in the chain's last image."""

    step: Expansion
    zoom: int

    @property
    def margins(self) -> Margins:
        """The added margins, in pixels of the chain's last image."""
        sides = (self.step.left, self.step.top, self.step.right, self.step.bottom)
        return Margins(*(self.zoom * side for side in sides))


def growth(chain: Sequence[Expansion]) -> list[Growth]:
    """Return the expansions of a chain that added pixels, oldest first.

    A step that doubles the size adds none; it raises the zoom of the steps before it. If it is alone,
    because the photo that it doubled was deleted, the list is empty.
    """
    steps, zoom = list[Growth](), 1
    for step in reversed(chain):
        if step.doubles:
            zoom *= 2
        else:
            steps.insert(0, Growth(step, zoom))
    return steps


def painted_before(chain: Sequence[Expansion]) -> tuple[Box, ...]:
    """Return where the steps before the last one have painted beings, in pixels of the last one's photo."""
    boxes = list[Box]()
    for step in chain[:-1]:
        if step.doubles:
            boxes = [Box(2 * box.left, 2 * box.top, 2 * box.right, 2 * box.bottom) for box in boxes]
        else:
            boxes = [box.moved(step.left, step.top) for box in boxes]
            boxes += [Box(*box) for box in (step.recipe or {}).get("boxes", ())]
    return tuple(boxes)
