"""Judges whether a canvas may be sent. It detects obvious failures: black, flat, noise, a smear, a visible seam.

Every measurement is compared with the photo's own near the same side, so that a clear sky may stay clear and a night
may stay dark. The bounds are beyond what expansions of the sample photos reach; benchmarks/gate.py prints both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Margins
from inference.engine import EngineError, Pixels
from inference.image.bands import Side, grown, inwards, outwards
from inference.quality.seam import Seam, seams

DARK, LIT = 4.0, 24.0  # mean grey level: a black part is below the first, a photo that is not black is above the second
PLAIN, VARIED = 2.0, 8.0  # standard deviation in grey levels: the bounds of a flat part and of a photo that is not flat
SMEARED: Final = 0.1  # change per px away from the photo, divided by the photo's own; a smear has none
LIVELY: Final = 1.0  # grey levels per px; beside a photo that changes less, a smear looks like a sky
UNRELATED, RELATED = 0.4, 0.7  # correlation of neighbours: the bounds of noise and of a photo that is not noise
ROUGH: Final = 0.5  # correlation of a part of the photo that is itself as rough as noise
BLOTCH: Final = 8  # px; noise in a latent space becomes blotches of this size
GRADIENT: Final = 2.5  # multiple of the photo's own gradient
STEP: Final = 16.0  # grey levels
UNTOUCHED: Final = 1.0  # mean difference from the init image in grey levels
NARROWEST: Final = 16  # px; a narrower new part is judged by its seam only
DEEPEST: Final = 512  # px; largest depth that is examined
RIM: Final = 32  # px; depth of the photo that decides what the new part may be, such as a plain backdrop
EDGE: Final = 4  # px; depth of the photo that decides whether a side is plain
EVEN: Final = 16.0  # grey levels that a pixel of a plain edge may differ from its colour
MOSTLY: Final = 0.9  # share of a plain edge's pixels that must not differ more
LINES: Final = 256  # maximum number of evenly spread lines that are measured along each axis

Grey = NDArray[np.float32]


class Kind(StrEnum):
    """The kinds of problems."""

    BLACK = "black"
    FLAT = "flat"
    NOISE = "noise"
    SMEAR = "smear"
    SEAM = "seam"
    STEP = "step"
    IGNORED = "ignored"  # the engine painted something else where the photo is
    UNCHANGED = "unchanged"  # the engine painted nothing
    TWICE = "twice"  # the engine painted the photo's subject again

    @property
    def grave(self) -> bool:
        """Whether the problem leaves nothing worth showing."""
        return self not in (Kind.SMEAR, Kind.SEAM, Kind.STEP, Kind.TWICE)


@dataclass(frozen=True)
class Problem:
    """A problem of a canvas: its kind, its side, and the value `found`, which violates `bound`."""

    kind: Kind
    side: Side | None
    found: float
    bound: float

    @property
    def excess(self) -> float:
        """The relative distance from the bound, 0 at the bound. It is used to choose the lesser of two problems."""
        larger, smaller = max(self.found, self.bound), min(self.found, self.bound)
        return float(larger / max(smaller, 1e-3) - 1)

    def __str__(self) -> str:
        where = f" at the {self.side}" if self.side else ""
        return f"{self.kind}{where}: {self.found:.2f}, bound {self.bound:g}"


class Unfit(EngineError):
    """An engine found a problem in its own result; another seed may help."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def judge(canvas: Pixels, margins: Margins) -> Problem | None:
    """Return the worst problem of a canvas that contains the photo, or None. Grave problems come first."""
    return next(_grave(canvas, margins), None) or max(
        _visible(canvas, margins), key=lambda problem: problem.excess, default=None
    )


def unchanged(painted: Pixels, margins: Margins, start: Pixels) -> Problem | None:
    """Return a problem for the first side that a model left as in the init image `start`, or None."""
    for side in grown(margins):
        change = _difference(_band(painted, margins, side), _band(start, margins, side))
        if change < UNTOUCHED:
            return Problem(Kind.UNCHANGED, side, change, UNTOUCHED)
    return None


@dataclass(frozen=True)
class Look:
    """Statistics of a part beside a seam, in grey levels. `away` is the change per px away from the seam."""

    mean: float
    deviation: float
    away: float
    relation: float  # correlation of neighbours: the maximum over the axes, the minimum over the scales


def _grave(canvas: Pixels, margins: Margins) -> Iterator[Problem]:
    for side in grown(margins):
        band = _band(canvas, margins, side)
        if band.shape[1] < NARROWEST:
            continue
        new, own = look(band), look(inwards(canvas, margins, side, DEEPEST))
        if not _plain(canvas, margins, side):
            rim = look(inwards(canvas, margins, side, RIM))
            if new.mean < DARK and rim.mean > LIT:
                yield Problem(Kind.BLACK, side, new.mean, DARK)
            if new.deviation < PLAIN and rim.deviation > VARIED:
                yield Problem(Kind.FLAT, side, new.deviation, PLAIN)
        if new.relation < UNRELATED and own.relation > RELATED and not _rough(canvas, margins, band.shape[1], new):
            yield Problem(Kind.NOISE, side, new.relation, UNRELATED)


def _plain(canvas: Pixels, margins: Margins, side: Side) -> bool:
    """Return whether the outermost pixels of the photo have one colour, like a sticker's ground or a studio backdrop.

    Their continuation is plain as well, however varied the subject close to them is.
    """
    edge = inwards(canvas, margins, side, EDGE)
    colour = np.median(edge.reshape(-1, 3), axis=0)
    return float((np.abs(edge - colour).max(axis=-1) <= EVEN).mean()) >= MOSTLY


def _rough(canvas: Pixels, margins: Margins, depth: int, new: Look) -> bool:
    """Return whether some part of the photo as deep as the new part looks like noise: gravel, foliage, carved wood.

    The part must vary half as much as the new part does: the faint noise of a sensor in a plain area does not count.
    """
    height, width = canvas.shape[:2]
    photo = canvas[margins.top : height - margins.bottom, margins.left : width - margins.right]
    step = max(NARROWEST, min(depth, *photo.shape[:2]))
    rows, columns = (range(0, max(1, length - step + 1), step) for length in photo.shape[:2])
    parts = (look(photo[row : row + step, col : col + step]) for row in rows for col in columns)
    return any(part.relation < ROUGH and part.deviation >= new.deviation / 2 for part in parts)


def _visible(canvas: Pixels, margins: Margins) -> Iterator[Problem]:
    for seam in seams(canvas, margins):
        yield from _seen(seam)
    for side in grown(margins):
        band = _band(canvas, margins, side)
        if band.shape[1] >= NARROWEST and not _plain(canvas, margins, side):
            new, rim = look(band), look(inwards(canvas, margins, side, RIM))
            ratio = new.away / max(rim.away, LIVELY)
            if ratio < SMEARED and rim.away > LIVELY:
                yield Problem(Kind.SMEAR, side, ratio, SMEARED)


def _seen(seam: Seam) -> Iterator[Problem]:
    if seam.gradient > GRADIENT:
        yield Problem(Kind.SEAM, seam.side, seam.gradient, GRADIENT)
    if seam.step > STEP:
        yield Problem(Kind.STEP, seam.side, seam.step, STEP)


def look(part: Pixels) -> Look:
    """Return the statistics of a part of shape (length, depth, 3), in which axis 1 leads away from the seam."""
    green = part[..., 1]
    along, away = (max(1, length // LINES) for length in green.shape)
    lines, columns = green[::along].astype(np.float32), green[:, ::away].astype(np.float32)
    coarse = _averaged(green, BLOTCH)
    return Look(
        mean=float(lines.mean()),
        deviation=float(lines.std()),
        away=float(np.abs(np.diff(lines, axis=1)).mean()),
        relation=min(
            max(_relation(lines, 1), _relation(columns, 0)),  # stripes correlate along their own direction
            max(_relation(coarse, 1), _relation(coarse, 0)),
        ),
    )


def _band(canvas: Pixels, margins: Margins, side: Side) -> Pixels:
    return outwards(canvas, margins, side, DEEPEST)


def _relation(grey: Grey, axis: int) -> float:
    """Return the correlation of neighbours along an axis; 1 where there is too little variation or too few pixels."""
    variance = float(grey.var())
    if min(grey.shape) < 8 or variance < VARIED**2:
        return 1.0
    return 1 - float((np.diff(grey, axis=axis) ** 2).mean()) / (2 * variance)


def _averaged(grey: Pixels, factor: int) -> Grey:
    height, width = (max(1, length // factor) for length in grey.shape)
    small = cv2.resize(np.ascontiguousarray(grey), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _difference(one: Pixels, other: Pixels) -> float:
    return float(np.mean(cv2.absdiff(np.ascontiguousarray(one), np.ascontiguousarray(other))))
