"""Who guesses the surprise of an expansion: picture statistics alone, or together with a CLIP, which knows things.

A CLIP (Radford et al., «Learning Transferable Visual Models From Natural Language Supervision», 2021) turns a picture
into a vector that stands for what is in it; the cosine of two says how much they are about the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import log
from typing import Final, TypeAlias

import cv2
import numpy as np

from inference.canvas import Box, Extent, Margins
from inference.engine import EngineUnavailable, Pixels
from inference.pieces import pairs
from inference.surprise.statistics import REASONS, Floats, Measures, Reason, combined, measure, surprise

STATISTICS: Final = "statistics"
LOOK: Final = 336  # px a side that an encoder is given; its own processor shrinks further
FLOOR: Final = 0.02  # of 1 - cosine: what is less does not tell pictures apart

Guess: TypeAlias = Callable[[Pixels, Pixels, Margins], float]
"""The surprise, 0 to 1, of (photo, canvas, margins)."""

Encoder: TypeAlias = Callable[[Sequence[Pixels]], Floats]
"""(n, any width): a vector of unit length for each picture. May raise anything."""

_log = logging.getLogger(__name__)


def open_guess(name: str = STATISTICS) -> Guess:
    """What KUOTU_SURPRISE names; its libraries are imported only now. Raises EngineUnavailable with the remedy."""
    if name == STATISTICS:
        return surprise
    try:
        from inference.surprise.clip import Clip

        clip = Clip(name)
    except ModuleNotFoundError as error:
        raise EngineUnavailable(
            f"KUOTU_SURPRISE={name} needs {error.name}: .venv/bin/pip install -c constraints.txt -e '.[diffusion]'"
        ) from error
    return MeaningGuess(clip.encode, clip.reason)


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
    found = pairs(margins, Extent(photo.shape[1], photo.shape[0]))
    if not found:
        return None
    own = dict.fromkeys(pair.own for pair in found)
    pieces = [_cut(canvas, box) for box in (*(pair.new for pair in found), *own)]
    vectors = encoder([_squeezed(picture) for picture in (photo, *pieces)])
    unlike = (1 - vectors[1:] @ vectors[0]).clip(0)
    newest, natural = float(unlike[: len(found)].max()), float(unlike[len(found) :].max())
    return log((newest + FLOOR) / (natural + FLOOR))


def _cut(canvas: Pixels, box: Box) -> Pixels:
    return canvas[box.top : box.bottom, box.left : box.right]


def _squeezed(picture: Pixels) -> Pixels:
    """(LOOK, LOOK, 3), whole whatever its ratio."""
    return np.asarray(cv2.resize(picture, (LOOK, LOOK), interpolation=cv2.INTER_AREA), np.uint8)
