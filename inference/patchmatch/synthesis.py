"""Synthesises a collage on the work canvas from coarse to fine: an initial fill, then search and vote per level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent
from inference.engine import Pixels, Report, part
from inference.patchmatch.field import Field, Terms, bell, confidence, measure, search, vote
from inference.patchmatch.initialization import Onion, fill
from inference.patchmatch.patch import HALF, NEVER, SAMPLES, SIZE, Flags, Floats, Ints, rows
from inference.patchmatch.prior import carried_outwards, dislike, energy, wanted_row
from inference.patchmatch.pyramid import Atlas, Level
from inference.patchmatch.style import StyleSettings

TEXTURE_SHARE = 0.7  # share of the expected texture that a patch must have
SHARPNESS = 0.25  # temperature of the vote as a share of the median cost


NOWHERE = np.zeros((1, 1), np.float32)  # nothing stands out

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Effort:
    """The amount of work at a level. Small levels get more, because they decide more and cost less."""

    rounds: int  # rounds of search and vote
    radius: int  # radius of the random search in pixels
    bell: float


def effort(level: Level) -> Effort:
    """Return the amount of work for a level, by its longer side."""
    side = max(level.canvas)
    if side <= 96:
        return Effort(3, 1 << 12, 0.9)
    if side <= 180:
        return Effort(3, 64, 0.6)
    return Effort(2, 24, 0.5) if side <= 340 else Effort(1, 8, 0.4)


@dataclass(frozen=True)
class Collage:
    """A finished work canvas, and the source of each of its pixels."""

    level: Level
    atlas: Atlas
    pixels: Pixels  # (height, width, 3)
    row: Ints  # (height, width): the source pixel in the atlas
    col: Ints
    new: Flags  # (height, width): whether the pixel is outside the photo


class Stage:
    """The state of the synthesis at one level."""

    def __init__(self, level: Level, photo: Pixels, settings: StyleSettings, seed: int, salience: Floats) -> None:
        self.level, self.settings, self.seed = level, settings, seed
        width, height = level.canvas
        same = Extent.of(photo) == level.photo
        small = photo if same else cv2.resize(photo, level.photo, interpolation=cv2.INTER_AREA)
        self.photo: Pixels = np.asarray(small, np.uint8)
        self.atlas = Atlas.of(self.photo, settings.pages)
        box = level.margins.box(level.photo)
        self.new = np.ones((height, width), np.bool_)
        self.new[box.slices] = False
        self.canvas = np.zeros((height, width, 3), np.uint8)
        self.canvas[box.slices] = self.photo
        self.away: Floats = np.asarray(cv2.distanceTransform(self.new.astype(np.uint8), cv2.DIST_L2, 3), np.float32)
        self.wanted_row = wanted_row(level, self.away, settings, seed)
        self.dislike = dislike(self.atlas, level, settings, salience)
        self.row, self.col = np.indices((height, width), np.int32)
        self.row, self.col = self.row - box.top, self.col - box.left  # inside the photo a pixel is its own source

    def field(self) -> Field:
        """Return the field of all patches, from the sources of their centre pixels."""
        valid = self.atlas.valid[HALF:-HALF, HALF:-HALF]
        row, col = _nearest_valid(valid, _centres(self.row) - HALF, _centres(self.col) - HALF)
        opened = cv2.dilate(self.new.astype(np.uint8), np.ones((SIZE, SIZE), np.uint8), borderValue=0)
        return Field(row, col, np.zeros(row.shape, np.int32), _centres(opened) > 0)

    def terms(self) -> Terms:
        """Return the cost terms of the patches."""
        wanted = carried_outwards(energy(self.photo), self.level) * np.float32(TEXTURE_SHARE)
        return Terms(
            wanted_row=_centres(self.wanted_row) - np.float32(HALF),
            row_weight=self.settings.upright * SAMPLES / self.level.photo.height,
            wanted_texture=_centres(wanted),
            texture=_centres(energy(self.atlas.pixels)),
            texture_weight=self.settings.lively * SAMPLES,
            extra=np.minimum(_centres(self.dislike).astype(np.float64) * SAMPLES, NEVER).astype(np.int32),
        )

    def onion(self) -> Onion:
        """Return the inputs of the initial fill."""
        return Onion(
            canvas=self.canvas.astype(np.float32),
            known=~self.new,
            row=self.row,
            col=self.col,
            wanted_row=self.wanted_row,
            row_weight=self.settings.upright / self.level.photo.height,
            extra=np.ascontiguousarray(self.dislike),
            reuse=self.settings.reuse,
            jitter=self.settings.jitter,
        )


def _centres(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Convert an array per pixel, (height, width), to one per patch, (rows, cols)."""
    return np.ascontiguousarray(array[HALF:-HALF, HALF:-HALF])


def _nearest_valid(valid: Flags, row: Ints, col: Ints) -> tuple[Ints, Ints]:
    """Move sources to the nearest position where a patch fits."""
    rows_, cols_ = valid.shape
    row, col = np.clip(row, 0, rows_ - 1), np.clip(col, 0, cols_ - 1)
    if valid.all():
        return row, col
    _, labels = cv2.distanceTransformWithLabels(
        (~valid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.zeros((labels.max() + 1, 2), np.int32)
    places[labels[valid]] = np.argwhere(valid)
    nearest = places[labels[row, col]]
    return np.ascontiguousarray(nearest[..., 0]), np.ascontiguousarray(nearest[..., 1])


def synthesize(
    photo: Pixels, levels: list[Level], settings: StyleSettings, seed: int, report: Report, salience: Floats = NOWHERE
) -> Collage:
    """Fill the canvas of the last level. `photo` has the last level's size; `salience` is as in `dislike`."""
    state = np.uint64(seed * 2654435761 + 88172645463325252)
    stage = Stage(levels[0], photo, settings, seed, salience)
    state = peel(stage, seed, state, part(report, 0.0, 0.5))
    done, total = 0, sum(level.area for level in levels)
    for depth, level in enumerate(levels):
        if depth:
            stage = finer(stage, Stage(level, photo, settings, seed, salience))
        ahead = part(report, 0.5 + 0.5 * done / total, 0.5 + 0.5 * (done + level.area) / total)
        state = refine(stage, depth, depth == len(levels) - 1, state, ahead)
        done += level.area
    return Collage(stage.level, stage.atlas, stage.canvas, stage.row, stage.col, stage.new)


def peel(stage: Stage, seed: int, state: np.uint64, report: Report) -> np.uint64:
    """Fill the new area of the coarsest level in rings, and return the random state."""
    onion, source = stage.onion(), np.ascontiguousarray(np.moveaxis(stage.atlas.pixels, 2, 0), np.float32)
    for order, fraction in in_rings(~onion.known, seed):
        report(fraction)
        state = np.uint64(fill(onion, source, order, state))
    stage.canvas[:] = onion.canvas.astype(np.uint8)
    return state


def in_rings(new: Flags, seed: int, pieces: int = 16) -> Iterator[tuple[Ints, float]]:
    """Yield the new pixels from the photo outwards in pieces, each with the fraction that precedes it."""
    ring = cv2.distanceTransform(new.astype(np.uint8), cv2.DIST_C, 3)
    ring = ring + np.random.default_rng(seed).random(new.shape) * 0.9
    pixels = np.argwhere(new).astype(np.int32)
    order = pixels[np.argsort(ring[new], kind="stable")]
    for nth, piece in enumerate(np.array_split(order, pieces)):
        yield np.ascontiguousarray(piece), nth / pieces


def finer(coarse: Stage, fine: Stage) -> Stage:
    """Transfer the offsets of a coarse stage to a finer one, and vote for its first pixels."""
    at = _nearest(fine.new.shape[0], coarse.new.shape[0]), _nearest(fine.new.shape[1], coarse.new.shape[1])
    grid = np.ix_(*at)
    page = coarse.atlas.page[coarse.col]
    down, across = (
        fine.level.photo.height / coarse.level.photo.height,
        fine.level.photo.width / coarse.level.photo.width,
    )
    own = np.indices(coarse.new.shape)
    offset_row = (coarse.row - own[0] + coarse.level.margins.top)[grid]
    offset_col = (coarse.col - coarse.atlas.first[page] - own[1] + coarse.level.margins.left)[grid]
    row = np.rint(offset_row * down).astype(np.int32) + fine.row
    col = np.rint(offset_col * across).astype(np.int32) + fine.col
    fine.row = np.where(fine.new, row, fine.row)
    fine.col = np.where(fine.new, col + fine.atlas.first[page[grid]], fine.col)
    return fine


def _nearest(fine: int, coarse: int) -> NDArray[np.intp]:
    return np.minimum(np.arange(fine) * coarse // fine, coarse - 1)


def refine(stage: Stage, depth: int, last: bool, state: np.uint64, report: Report) -> np.uint64:
    """Run the rounds of search and vote at one level, update the stage, and return the random state."""
    field, terms, work = stage.field(), stage.terms(), effort(stage.level)
    canvas, source = rows(stage.canvas), rows(stage.atlas.pixels)
    within, trust = bell(work.bell), _centres(confidence(stage.away))
    if depth:
        vote(canvas, source, field, trust, within, stage.new)
    radius = min(work.radius, 1 << (max(terms.extra.shape).bit_length() - 1))
    for nth in range(work.rounds):
        report(nth / work.rounds)
        measure(canvas, source, field, terms)
        for forward in (True, False):
            state = np.uint64(search(canvas, source, field, terms, radius, 0.5 if depth else 1.0, forward, state))
        if nth < work.rounds - 1 or last:
            temperature = SHARPNESS * np.median(field.cost[field.open]) + 1
            weight = np.exp(field.cost * np.float32(-1 / temperature)) * trust + np.float32(1e-12)
            vote(canvas, source, field, weight, within, stage.new)
    _spread(stage, field)
    return state


def _spread(stage: Stage, field: Field) -> None:
    """Give every new pixel the source of the patch that is centred on it."""
    height, width = stage.new.shape
    at_row = np.clip(np.arange(height) - HALF, 0, height - SIZE)
    at_col = np.clip(np.arange(width) - HALF, 0, width - SIZE)
    grid = np.ix_(at_row, at_col)
    row = field.row[grid] + (np.arange(height) - at_row)[:, None]
    col = field.col[grid] + (np.arange(width) - at_col)[None, :]
    stage.row = np.where(stage.new, row, stage.row).astype(np.int32)
    stage.col = np.where(stage.new, col, stage.col).astype(np.int32)
