"""Who guesses the surprise of an expansion: picture statistics alone, or together with a CLIP, which knows things.

A CLIP (Radford et al., «Learning Transferable Visual Models From Natural Language Supervision», 2021) turns a picture
into a vector that stands for what is in it; the cosine of two says how much they are about the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import log
from typing import Final, NamedTuple, TypeAlias

import cv2
import numpy as np

from inference.canvas import Box, Extent, Margins
from inference.engine import Pixels
from inference.image.bands import Side, grown
from inference.surprise.statistics import REASONS, Floats, Measures, Reason, combined, measure, surprise

PIECES: Final = 8  # of the new part, at most
LEAST, MOST = 1 / 6, 1 / 2  # of the photo's shorter side: how large a piece is, as large as its margin in between
LAYERED: Final = 4  # pieces of a side from which on they lie in two layers, one near the photo and one far away

STATISTICS: Final = "statistics"
LOOK: Final = 336  # px a side that an encoder is given; its own processor shrinks further
FLOOR: Final = 0.02  # of 1 - cosine: what is less does not tell pictures apart

Guess: TypeAlias = Callable[[Pixels, Pixels, Margins], float]
"""The surprise, 0 to 1, of (photo, canvas, margins)."""

Encoder: TypeAlias = Callable[[Sequence[Pixels]], Floats]
"""(n, any width): a vector of unit length for each picture. May raise anything."""

_log = logging.getLogger(__name__)


class MeaningGuess:
    """The statistics' reasons for surprise, and one more: something is there that the photo is not about."""

    def __init__(self, encoder: Encoder, reason: Reason) -> None:
        self._encoder, self._reasons = encoder, (*REASONS, reason)

    def __call__(self, photo: Pixels, canvas: Pixels, margins: Margins) -> float:
        """Deterministic; one batch of at most 17 pictures. When the encoder fails, the statistics' word counts."""
        try:
            measures = self.measures(photo, canvas, margins)
        except Exception:
            _log.exception("KUOTU_SURPRISE: the CLIP failed, so picture statistics alone guess this surprise")
            return surprise(photo, canvas, margins)
        if measures is None:
            return 0.0
        return combined(measures, REASONS if measures.strange is None else self._reasons)

    def measures(self, photo: Pixels, canvas: Pixels, margins: Margins) -> Measures | None:
        """None where no patch fits into the new part. Raises what the encoder raises."""
        measures = measure(photo, canvas, margins)
        return measures and replace(measures, strange=strangeness(photo, canvas, margins, self._encoder))


def strangeness(photo: Pixels, canvas: Pixels, margins: Margins, encoder: Encoder) -> float | None:
    """Log of how unlike the photo the strangest new piece is, over the strangest of the photo's own.

    One strange thing is enough, so the strangest counts and not the mean; of as many pieces on both sides. None where
    the margins are too narrow for pieces.
    """
    found = pairs(margins, Extent.of(photo))
    if not found:
        return None
    own = dict.fromkeys(pair.own for pair in found)
    pieces = [canvas[box.slices] for box in (*(pair.new for pair in found), *own)]
    vectors = encoder([_squeezed(picture) for picture in (photo, *pieces)])
    unlike = (1 - vectors[1:] @ vectors[0]).clip(0)
    newest, natural = float(unlike[: len(found)].max()), float(unlike[len(found) :].max())
    return log((newest + FLOOR) / (natural + FLOOR))


def _squeezed(picture: Pixels) -> Pixels:
    """(LOOK, LOOK, 3), whole whatever its ratio."""
    return np.asarray(cv2.resize(picture, (LOOK, LOOK), interpolation=cv2.INTER_AREA), np.uint8)


class Pair(NamedTuple):
    """Of equal size, on the canvas."""

    new: Box  # at least half of it new along the axis that leads away from the photo
    own: Box  # all of it the photo's: mirrored across the seams, as near to that as fits


def pairs(margins: Margins, photo: Extent) -> list[Pair]:
    """Spread evenly along the sides with room; none where every margin is below a twelfth of the shorter side."""
    sides = [side for side in grown(margins) if getattr(margins, side) >= LEAST / 2 * min(photo)]
    new = (box for side in sides for box in _along(margins, photo, side, PIECES // len(sides)))
    return [Pair(box, _mirrored(box, margins.box(photo))) for box in dict.fromkeys(new)]


def _along(margins: Margins, photo: Extent, side: Side, most: int) -> Iterator[Box]:
    """Squares on one side of the canvas, corners included."""
    canvas, margin = margins.canvas(photo), getattr(margins, side)
    aside = side in (Side.LEFT, Side.RIGHT)
    depth, length = (canvas.width, canvas.height) if aside else (canvas.height, canvas.width)
    size = max(1, round(min(max(margin, LEAST * min(photo)), MOST * min(photo))))
    layers = 2 if margin >= 2 * size and most >= LAYERED else 1
    count = max(1, min(most // layers, length // size))
    for away in (max(0, start) for start in _spread(margin, layers, size)):
        across = depth - size - away if side in (Side.RIGHT, Side.BOTTOM) else away
        for along in _spread(length, count, size):
            left, top = (across, along) if aside else (along, across)
            yield Box(left, top, left + size, top + size)


def _spread(length: int, count: int, size: int) -> list[int]:
    """Where things of a size start that stand in the middles of equal parts of a length."""
    return [round(length * (number + 0.5) / count - size / 2) for number in range(count)]


def _mirrored(box: Box, photo: Box) -> Box:
    size = box.width
    left = _inside(box.left, size, photo.left, photo.right)
    top = _inside(box.top, size, photo.top, photo.bottom)
    return Box(left, top, left + size, top + size)


def _inside(start: int, size: int, first: int, end: int) -> int:
    if 2 * start + size < 2 * first:
        start = 2 * first - start - size
    elif 2 * start + size > 2 * end:
        start = 2 * end - start - size
    return min(max(start, first), end - size)
