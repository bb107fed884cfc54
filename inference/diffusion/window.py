"""Plans which part of the canvas a model sees, and at what size. Pure geometry.

A model paints about as many pixels as it was trained on, whatever the photo's size. The window contains the new strip
and some of the photo as context. It is scaled to one of a few fixed work sizes, so that compiled graphs are reused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil, log, sqrt
from typing import Final

from inference.canvas import Box, Extent, Margins

LARGEST_STEP: Final = 1.5  # the largest growth of an axis in one pass; models lose coherence beyond it
LONGEST: Final = 4  # a work size's longer side over its shorter one
CONTEXT: Final = 2.0  # depth of the photo context, as a multiple of the new strip's depth
LEAST_CONTEXT: Final = 1 / 3  # least context, as a share of the photo


@dataclass(frozen=True)
class Window:
    """The part of the canvas that a model sees."""

    box: Box  # the rectangle on the canvas
    work: Extent  # the size that the model sees

    @property
    def scale(self) -> float:
        """Canvas pixels per work pixel, along the axis with the larger ratio."""
        return max(self.box.width / self.work.width, self.box.height / self.work.height)


@cache
def sizes(budget: int, multiple: int) -> tuple[Extent, ...]:
    """Return the work sizes from narrow to wide: for every shorter side, the longest other side within the budget."""
    side = sqrt(budget)
    shorter = range(multiple * ceil(side / sqrt(LONGEST) / multiple), int(side) + 1, multiple)
    wide = [Extent(budget // short // multiple * multiple, short) for short in shorter]
    tall = [Extent(extent.height, extent.width) for extent in wide if extent.width > extent.height]
    return tuple(tall + wide[::-1])


def passes(photo: Extent, margins: Margins, largest: float = LARGEST_STEP) -> list[Margins]:
    """Split margins into passes whose sum is exact.

    No pass grows an axis by more than the factor `largest`, apart from one pixel of rounding.
    """
    canvas = margins.canvas(photo)
    across, down = canvas.width / photo.width, canvas.height / photo.height
    growth = max((canvas.width - 1) / photo.width, (canvas.height - 1) / photo.height, 1.0)
    count = max(1, ceil(log(growth) / log(largest)))
    done, steps = Margins(), list[Margins]()
    for number in range(1, count + 1):
        wide, tall = _share(across, number, count), _share(down, number, count)
        upto = Margins(
            round(margins.left * wide),
            round(margins.top * tall),
            round(margins.right * wide),
            round(margins.bottom * tall),
        )
        steps += _apart(upto - done, upto.canvas(photo))
        done = upto
    return [step for step in steps if step]


def plan(photo: Extent, margins: Margins, budget: int, multiple: int) -> Window:
    """Return the window of one pass, shaped like a work size.

    It contains all new strips. When only one end of an axis is new, it has limited context there.
    """
    canvas = margins.canvas(photo)
    wide, tall = not (margins.top or margins.bottom), not (margins.left or margins.right)
    left, right = _span(margins.left, margins.right, photo.width, LONGEST * canvas.height if wide else 0)
    top, bottom = _span(margins.top, margins.bottom, photo.height, LONGEST * canvas.width if tall else 0)
    work = _fitting(Extent(right - left, bottom - top), budget, multiple)
    wanted = work.width / work.height
    width, height = right - left, bottom - top
    if width / height < wanted:
        left, right = _grown(left, right, canvas.width, ceil(height * wanted))
    else:
        top, bottom = _grown(top, bottom, canvas.height, ceil(width / wanted))
    return Window(Box(left, top, right, bottom), work)


def sides_apart(step: Margins) -> list[Margins]:
    """Split a pass into passes of one side each. Smaller windows give finer detail but need up to four calls."""
    sides = [
        Margins(left=step.left),
        Margins(right=step.right),
        Margins(top=step.top),
        Margins(bottom=step.bottom),
    ]
    return [side for side in sides if side]


def _share(factor: float, number: int, count: int) -> float:
    """Return the share of a margin that is complete after `number` of `count` passes of equal growth factors."""
    if factor <= 1:
        return 1.0
    return float(factor ** (number / count) - 1) / (factor - 1)


def _apart(step: Margins, canvas: Extent) -> list[Margins]:
    """Split a pass so that the two ends of a canvas longer than any work size are painted one after the other."""
    if canvas.width > LONGEST * canvas.height and step.left and step.right:
        return [Margins(left=step.left, top=step.top, bottom=step.bottom), Margins(right=step.right)]
    if canvas.height > LONGEST * canvas.width and step.top and step.bottom:
        return [Margins(step.left, step.top, step.right), Margins(bottom=step.bottom)]
    return [step]


def _span(before: int, after: int, length: int, longest: int) -> tuple[int, int]:
    """Return the window's span along an axis: the whole canvas, unless only one end of it is new.

    `longest` is the greatest length that a work size of that width has without squeezing; 0 when the other axis grows
    too.
    """
    end, strip = before + length + after, before + after
    if not longest or bool(before) == bool(after):
        return 0, end
    context = max(ceil(CONTEXT * strip), ceil(LEAST_CONTEXT * length))
    context = min(length, max(min(context, longest - strip), ceil(strip / 2)))
    return (0, before + context) if before else (end - after - context, end)


def _fitting(window: Extent, budget: int, multiple: int) -> Extent:
    """Return the work size of the nearest aspect ratio."""
    shape = window.width / window.height
    return min(sizes(budget, multiple), key=lambda size: abs(log(size.width / size.height / shape)))


def _grown(start: int, end: int, limit: int, length: int) -> tuple[int, int]:
    """Extend a span that begins at 0 or ends at `limit` to `length` by adding context, within 0 to `limit`."""
    missing = max(0, min(length, limit) - (end - start))
    return (0, end + missing) if start == 0 else (start - missing, end)
