"""Guesses the surprise of an expansion from image statistics together with a CLIP model, which recognises objects.

A CLIP model (Radford et al., «Learning Transferable Visual Models From Natural Language Supervision», 2021) encodes an
image as a vector that represents its content; the cosine of two vectors tells how similar the contents are.
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

PIECES: Final = 8  # maximum number of pieces of the new part
LEAST, MOST = (
    1 / 6,
    1 / 2,
)  # limits of a piece's size, as shares of the photo's shorter side; within them it is as large as its margin
LAYERED: Final = (
    4  # a side with at least this many pieces has two layers of them, one near the photo and one far from it
)

STATISTICS: Final = "statistics"
LOOK: Final = 336  # px per side of an encoder's input; the model's own processor reduces it further
FLOOR: Final = 0.02  # lower bound of 1 - cosine; smaller values do not distinguish images

Guess: TypeAlias = Callable[[Pixels, Pixels, Margins], float]
"""Returns the surprise, 0 to 1, of (photo, canvas, margins)."""

Encoder: TypeAlias = Callable[[Sequence[Pixels]], Floats]
"""Returns an array (n, any width) with a vector of unit length for each image. It may raise any exception."""

_log = logging.getLogger(__name__)


class MeaningGuess:
    """Adds one reason to those of the statistics: the new part shows something unrelated to the photo."""

    def __init__(self, encoder: Encoder, reason: Reason) -> None:
        self._encoder, self._reasons = encoder, (*REASONS, reason)

    def __call__(self, photo: Pixels, canvas: Pixels, margins: Margins) -> float:
        """Return the surprise, 0 to 1. It is deterministic and encodes one batch of at most 17 images.

        When the encoder fails, the statistics alone decide.
        """
        try:
            measures = self.measures(photo, canvas, margins)
        except Exception:
            _log.exception("KUOTU_SURPRISE: the CLIP failed, so picture statistics alone guess this surprise")
            return surprise(photo, canvas, margins)
        if measures is None:
            return 0.0
        return combined(measures, REASONS if measures.strange is None else self._reasons)

    def measures(self, photo: Pixels, canvas: Pixels, margins: Margins) -> Measures | None:
        """Return the measures, or None where no patch fits into the new part. Raises what the encoder raises."""
        measures = measure(photo, canvas, margins)
        return measures and replace(measures, strange=strangeness(photo, canvas, margins, self._encoder))


def strangeness(photo: Pixels, canvas: Pixels, margins: Margins, encoder: Encoder) -> float | None:
    """Return the log of the distance of the strangest new piece from the photo, over that of the photo's own strangest.

    One strange object is enough for surprise, so the maximum is taken and not the mean. The photo contributes as many
    pieces as the new part. The result is None where the margins are too narrow for pieces.
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
    """Return the whole image squeezed to (LOOK, LOOK, 3), whatever its ratio."""
    return np.asarray(cv2.resize(picture, (LOOK, LOOK), interpolation=cv2.INTER_AREA), np.uint8)


class Pair(NamedTuple):
    """Two boxes of equal size on the canvas."""

    new: Box  # at least half of it is new along the axis that leads away from the photo
    own: Box  # entirely inside the photo: `new` mirrored across the seams, or the nearest box that fits


def pairs(margins: Margins, photo: Extent) -> list[Pair]:
    """Return pairs spread evenly along the sides that have room.

    There are none when every margin is below a twelfth of the photo's shorter side.
    """
    sides = [side for side in grown(margins) if getattr(margins, side) >= LEAST / 2 * min(photo)]
    new = (box for side in sides for box in _along(margins, photo, side, PIECES // len(sides)))
    return [Pair(box, _mirrored(box, margins.box(photo))) for box in dict.fromkeys(new)]


def _along(margins: Margins, photo: Extent, side: Side, most: int) -> Iterator[Box]:
    """Yield squares on one side of the canvas, including its corners."""
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
    """Return the starts of `count` intervals of `size`, each centred in one of `count` equal parts of a length."""
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
