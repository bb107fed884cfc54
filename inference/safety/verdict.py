"""Decides whether an image may be shown: a classifier scores it, and thresholds turn the scores into a verdict.

No image is ever blacked out. An unsure image is sent under a spoiler with a plain reason; an unsafe one is also kept
out of the gallery.
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
SIDE: Final = 224  # width and height of the network's input, in px
SQUARES: Final = 24  # maximum number of squares along an image; a longer image is squeezed
SQUARISH: Final = 1.25  # up to this ratio of its sides, an image is classified as a whole only

_log = logging.getLogger(__name__)


class Level(StrEnum):
    """What may be done with an image, from best to worst."""

    SAFE = "safe"  # no restriction
    UNSURE = "unsure"  # shown under a spoiler
    UNSAFE = "unsafe"  # shown under a spoiler, never published

    def __or__(self, other: Level) -> Level:
        """Return the worse of two levels."""
        return max(self, other, key=list(Level).index)


@dataclass(frozen=True)
class Scores:
    """Probabilities, 0 to 1: `explicit` of pornography, photographed or drawn, `suggestive` of revealing content."""

    explicit: float
    suggestive: float


@dataclass(frozen=True)
class Thresholds:
    """The scores from which an image is unsure or unsafe. The value 1.01 is never reached."""

    unsure: float = 0.75
    unsafe: float = 0.95
    suggestive: float = 1.01  # leads to unsure at most; off by default because the class is vague


@dataclass(frozen=True)
class Verdict:
    """The decision about an image."""

    level: Level
    scores: Scores
    reason: str  # for the log; people read a localised sentence

    def __or__(self, other: Verdict) -> Verdict:
        """Return the worse of two verdicts."""
        return max(self, other, key=lambda verdict: (list(Level).index(verdict.level), verdict.scores.explicit))


class Classifier(Protocol):
    """Scores an image, an array of (height, width, 3) bytes."""

    name: str

    def scores(self, pixels: Pixels) -> Scores: ...


def check(pixels: Pixels, classifier: Classifier, thresholds: Thresholds = Thresholds()) -> Verdict:
    """Classify an image, and return and log the verdict."""
    verdict = decide(classifier.scores(pixels), thresholds)
    severity = logging.INFO if verdict.level is Level.SAFE else logging.WARNING
    _log.log(severity, "%s by %s: %s", verdict.level, classifier.name, verdict.reason)
    return verdict


def decide(scores: Scores, thresholds: Thresholds) -> Verdict:
    """Return the verdict that the thresholds give for the scores."""
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
    """Return (side, side, 3) crops: the whole image squeezed into a square, then squares along its longer side."""
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
