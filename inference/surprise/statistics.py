"""Guesses how outrageous an expansion is (离谱指数), 0 to 1, before any person has voted.

Five measures on a small copy compare the new part with the photo. Each is relative to how the photo's own patches
compare among themselves, so that a busy photo may have a busy continuation. Three reasons for surprise follow from the
measures, each as a logistic curve: repeated things, misplaced things, and things that do not belong. The reasons
combine like independent probabilities («noisy or»: Pearl, Probabilistic Reasoning in Intelligent Systems, 1988,
section 4.3.2).

With a CLIP model there is a sixth measure with its own reason, in inference/surprise/semantic.py.
benchmarks/surprise.py fits the curves and reports their accuracy; docs/surprise.md describes their limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins
from inference.engine import Pixels
from inference.image.bands import Side, grown, inwards, outwards

AREA: Final = 128 * 128  # px of the small canvas
SHORTEST: Final = 24  # px; minimum length of the photo's shorter side on the small canvas
PATCH: Final = 5  # px
SAMPLE, RIM_SAMPLE, OWN_SAMPLE = (
    224,
    160,
    128,
)  # sampled patches: of the new part, of the new part near the photo, of the photo
RIM: Final = 0.12  # share of the photo's shorter side; patches closer to the photo are near
LEVEL: Final = 0.12  # share of the photo's height; patches whose rows differ less are at the same height
COPIED: Final = 0.7  # share of the photo's own distance between similar patches; a smaller distance means a copy
LIVELY: Final = 12.0  # deviation in Lab units from which a patch has its full weight as a copy
STRIP: Final = 0.06  # share of the photo's shorter side; the depth of a strip along the seam
LARGEST: Final = 60.0  # Lab units between patches that have nothing in common

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Measures:
    """How the new part differs from the photo. The typical value for a photo's own hidden border is in brackets."""

    copied: float  # share that repeats the photo more closely than the photo repeats itself (0.1)
    misplaced: float  # log of the distance to the photo at the same height over the distance to all of it (0.1)
    foreign: float  # log of the distance of patches near the photo to the photo over the photo's own (0.1)
    broken: float  # log of the change of detail across the seam over the photo's own change at that distance (0)
    faded: float  # log of the loss or gain of detail away from the seam (0.3)
    strange: float | None = None  # log of the strangest new piece over the photo's own, by CLIP (0); None without CLIP


@dataclass(frozen=True)
class Reason:
    """A logistic curve over measures, and `worth`, the surprise that this reason alone can reach."""

    weights: dict[str, float]
    offset: float
    worth: float

    def surprise(self, measures: Measures) -> float:
        """Return the surprise of this reason alone, 0 to `worth`."""
        seen = self.offset + sum(weight * getattr(measures, name) for name, weight in self.weights.items())
        return self.worth / (1 + exp(-seen))


REASONS: Final = (
    Reason({"copied": 35.4}, -6.1, 0.5),
    Reason({"misplaced": 18.6, "broken": 9.0}, -6.1, 0.5),
    Reason({"foreign": 11.6, "broken": 2.4, "faded": 4.0}, -6.0, 0.95),
)


def surprise(photo: Pixels, canvas: Pixels, margins: Margins) -> float:
    """Return the surprise, from 0 («as one would expect») to 1 («another world»); 0 where too little is new to judge.

    It is deterministic and takes 45 ms of one core for any size, plus one pass over the canvas to reduce it.
    """
    measures = measure(photo, canvas, margins)
    return combined(measures, REASONS) if measures else 0.0


def combined(measures: Measures, reasons: tuple[Reason, ...]) -> float:
    """Combine the reasons' surprises as independent probabilities (noisy or), 0 to 1."""
    calm = 1.0
    for reason in reasons:
        calm *= 1 - reason.surprise(measures)
    return round(1 - calm, 4)


def measure(photo: Pixels, canvas: Pixels, margins: Margins) -> Measures | None:
    """Return the measures, or None where no patch fits: every margin is below a thirtieth of the canvas."""
    small, inner = _small(canvas, margins, min(photo.shape[:2]))
    own = np.ascontiguousarray(small[inner.inner(Extent.of(small)).slices])
    random = np.random.default_rng(0)
    places, rim = _new_places(own, inner, random)
    if not len(places):
        return None
    patches, others = Patches(own, random), _cut(small, np.concatenate([places, rim]))
    by_row = patches.distances(others)
    whole, here = by_row.min(1), slice(len(places))
    ratio = whole / patches.natural(others)
    weight = np.minimum(_liveliness(others[here]), LIVELY) + 0.3
    level = _at_level(by_row[here], places[:, 0] - inner.top)
    broken, faded = _along_the_seams(small, inner, own)
    return Measures(
        copied=float(np.average(ratio[here] < COPIED, weights=weight)),
        misplaced=log((1 + float(level.mean())) / (1 + float(whole[here].mean()))),
        foreign=float(np.log(ratio[len(places) :] + 0.1).mean()),
        broken=broken,
        faded=faded,
    )


class Patches:
    """All patches of a photo and of its mirror image, as a reference for other patches."""

    def __init__(self, photo: Floats, random: np.random.Generator) -> None:
        self._shape = tuple(length - PATCH + 1 for length in photo.shape[:2])
        places = np.argwhere(np.ones(self._shape, bool))
        self._plain, self._mirrored = _cut(photo, places), _cut(np.ascontiguousarray(photo[:, ::-1]), places)
        chosen = random.permutation(len(places))[:OWN_SAMPLE]
        apart = _squares(self._plain[chosen], self._plain).reshape(-1, *self._shape)
        for squares, (y, x) in zip(apart, places[chosen], strict=True):
            squares[max(0, y - 2 * PATCH) : y + 2 * PATCH, max(0, x - 2 * PATCH) : x + 2 * PATCH] = LARGEST**2
        alike, lively = np.sqrt(apart.min((1, 2))), _liveliness(self._plain[chosen])
        self._slope = float(np.mean((lively - lively.mean()) * alike) / max(lively.var(), 1e-6))  # least squares
        self._base = float(alike.mean() - self._slope * lively.mean())

    def distances(self, others: Floats) -> Floats:
        """Return (others, rows) RMS distances in Lab units to the most similar patch of each row."""
        squares = np.minimum(_squares(others, self._plain), _squares(others, self._mirrored))
        return np.asarray(np.sqrt(squares.reshape(-1, *self._shape).min(2)))

    def natural(self, others: Floats) -> Floats:
        """Return the (others,) distances at which photo patches of the same contrast have their most similar patch."""
        return np.asarray(np.maximum(0.5, self._slope * _liveliness(others) + self._base), np.float32)


def _small(canvas: Pixels, margins: Margins, shorter: int) -> tuple[Floats, Margins]:
    """Return a small copy of the canvas in CIELAB and its margins; no small pixel mixes the photo with the new part."""
    extent = Extent.of(canvas)
    factor = min(1.0, max(sqrt(AREA / extent.area), SHORTEST / shorter))
    small = cv2.resize(canvas, (extent * factor).at_least(1), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    sides = (-int(-getattr(margins, side) * factor // 1) for side in Side)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32), Margins(*sides)


def _new_places(own: Floats, inner: Margins, random: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the (n, 2) top left corners of entirely new patches: anywhere, and near the photo."""
    height, width = own.shape[:2]
    rows, columns = height + inner.top + inner.bottom, width + inner.left + inner.right
    y, x = np.mgrid[: rows - PATCH + 1, : columns - PATCH + 1]
    down = np.maximum(
        inner.top - y - PATCH, y - inner.top - height
    )  # px between patch and photo; negative where they overlap on this axis
    across = np.maximum(inner.left - x - PATCH, x - inner.left - width)
    free = (np.maximum(down, across) >= 0) & (y >= 0)
    near = free & (np.hypot(down.clip(0), across.clip(0)) <= RIM * min(height, width))
    anywhere, close = (random.permutation(np.argwhere(where)) for where in (free, near))
    return anywhere[:SAMPLE], close[:RIM_SAMPLE]


def _at_level(by_row: Floats, heights: NDArray[np.intp]) -> Floats:
    """Return the (n,) least distances to photo patches at about the same height."""
    rows = by_row.shape[1]
    away = np.abs(heights.clip(0, rows - 1)[:, None] - np.arange(rows))
    return np.asarray(np.where(away <= LEVEL * (rows + PATCH - 1), by_row, LARGEST).min(1), np.float32)


def _along_the_seams(small: Floats, inner: Margins, own: Floats) -> tuple[float, float]:
    """Return the measures `broken` and `faded`, averaged over the sides that have room."""
    light = small[..., 0]
    slopes = cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)
    detail = np.asarray(cv2.magnitude(*slopes) / 4, np.float32)
    depth = max(4, round(STRIP * min(own.shape[:2])))
    found = [
        _across(outwards(detail, inner, side, 3 * depth), inwards(detail, inner, side, 3 * depth + 3), depth)
        for side in grown(inner)
        if getattr(inner, side) >= depth + 2
    ]
    broken, faded = np.mean(found, axis=0) if found else (0.0, 0.0)
    return float(broken), float(faded)


def _across(new: Floats, own: Floats, depth: int) -> tuple[float, float]:
    """Return `broken` and `faded` of detail strips (length, depth), in which axis 1 leads away from the seam.

    The detail filter mixes both sides in the pixel beside the seam, so that pixel is skipped.
    """
    at = _profile(own, 1, depth)
    seam = float(np.abs(at - _profile(new, 1, depth)).mean())
    starts = (1, 1 + depth // 2, 1 + depth)
    natural = [np.abs(_profile(own, start, depth) - _profile(own, start + depth + 2, depth)).mean() for start in starts]
    beside, away = float(own[:, 1 : 1 + depth].mean()), float(new[:, -depth:].mean())
    return log((seam + 0.1) / (float(np.mean(natural)) + 0.1)), abs(log((away + 0.3) / (beside + 0.3)))


def _profile(detail: Floats, start: int, depth: int) -> Floats:
    """Return the (length,) log of the detail in a strip, smoothed along the seam."""
    strip = detail[:, start : start + depth] if detail.shape[1] > start else detail[:, -1:]
    smooth = cv2.blur(np.ascontiguousarray(strip.mean(1, keepdims=True)), (1, 7))[:, 0]
    return np.asarray(np.log(smooth + 0.5), np.float32)


def _cut(picture: Floats, places: NDArray[np.intp]) -> Floats:
    """Return the patches at `places` as an array (n, 3 * PATCH * PATCH)."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (PATCH, PATCH), axis=(0, 1))
    return windows[places[:, 0], places[:, 1]].reshape(len(places), -1)


def _squares(some: Floats, others: Floats) -> Floats:
    """Return the (some, others) mean squared distances between pixels."""
    squares = some @ others.T
    squares *= -2
    squares += (some**2).sum(1)[:, None]
    squares += (others**2).sum(1)
    squares /= PATCH**2
    return squares.clip(0, out=squares)


def _liveliness(patches: Floats) -> Floats:
    """Return the (n,) standard deviations within each patch, summed over the channels, in Lab units."""
    return np.asarray(patches.reshape(len(patches), 3, -1).std(2).sum(1), np.float32)
