"""Is a picture fit to be shown? A classifier scores it; two thresholds make a verdict of the scores.

Nothing is ever blacked out: unsure means a spoiler and a plain reason, unsafe the same and no place in the gallery.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import cv2
import numpy as np

from inference.canvas import Extent, round_half_up
from inference.engine import Pixels

SHIPPED: Final = "mobilenet"
SIDE: Final = 224  # pixels that the network sees, across and down
SQUARES: Final = 24  # at most, along a picture; a longer one is squeezed into them
SQUARISH: Final = 1.25  # up to this ratio of its sides, a picture is seen in one look

_log = logging.getLogger(__name__)


class Level(StrEnum):
    """What may be done with a picture, from best to worst."""

    SAFE = "safe"  # anything
    UNSURE = "unsure"  # shown under a spoiler
    UNSAFE = "unsafe"  # shown under a spoiler, never published

    def __or__(self, other: Level) -> Level:
        """The worse of two."""
        return max(self, other, key=list(Level).index)


@dataclass(frozen=True)
class Scores:
    """Probabilities, 0 to 1: of pornography, drawn or not, and of what is merely revealing."""

    explicit: float
    suggestive: float


@dataclass(frozen=True)
class Thresholds:
    """From which score on a picture is no longer safe, or unsafe. 1.01 is never."""

    unsure: float = 0.75
    unsafe: float = 0.95
    suggestive: float = 1.01  # unsure, never unsafe; a class so vague that it counts only for those who ask


@dataclass(frozen=True)
class Verdict:
    level: Level
    scores: Scores
    reason: str  # for the log; people read a sentence of their own language

    def __or__(self, other: Verdict) -> Verdict:
        """The worse of two."""
        return max(self, other, key=lambda verdict: (list(Level).index(verdict.level), verdict.scores.explicit))


class Classifier(Protocol):
    name: str

    def scores(self, pixels: Pixels) -> Scores: ...


def check(pixels: Pixels, classifier: Classifier, thresholds: Thresholds = Thresholds()) -> Verdict:
    """Decide about a picture, and log the decision."""
    verdict = decide(classifier.scores(pixels), thresholds)
    severity = logging.INFO if verdict.level is Level.SAFE else logging.WARNING
    _log.log(severity, "%s by %s: %s", verdict.level, classifier.name, verdict.reason)
    return verdict


def decide(scores: Scores, thresholds: Thresholds) -> Verdict:
    """The thresholds' word on scores."""
    explicit, suggestive = scores.explicit, scores.suggestive
    level, reason = Level.SAFE, f"explicit {explicit:.3f} below {thresholds.unsure:g}"
    if suggestive >= thresholds.suggestive:
        level, reason = Level.UNSURE, f"suggestive {suggestive:.3f}, from {thresholds.suggestive:g} unsure"
    if explicit >= thresholds.unsure:
        level, reason = Level.UNSURE, f"explicit {explicit:.3f}, from {thresholds.unsure:g} unsure"
    if explicit >= thresholds.unsafe:
        level, reason = Level.UNSAFE, f"explicit {explicit:.3f}, from {thresholds.unsafe:g} unsafe"
    return Verdict(level, scores, reason)


def looks(pixels: Pixels, side: int = SIDE) -> list[Pixels]:
    """(side, side, 3) each: the picture squeezed into a square, then squares along its longer side."""
    extent = Extent.of(pixels)
    whole = [_resized(pixels, Extent(side, side))]
    if max(extent) <= SQUARISH * min(extent):
        return whole
    longer = extent * (side / min(extent))
    strip = _resized(pixels, Extent(*(min(SQUARES * side, max(side, length)) for length in longer)))
    spare = max(strip.shape) - side
    starts = [round_half_up(start) for start in np.linspace(0, spare, -(-spare // side) + 1)]
    if extent.width > extent.height:
        return whole + [strip[:, start : start + side] for start in starts]
    return whole + [strip[start : start + side] for start in starts]


def _resized(pixels: Pixels, extent: Extent) -> Pixels:
    shrinks = pixels.shape[1] >= extent.width and pixels.shape[0] >= extent.height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, extent, interpolation=method), np.uint8)
