"""Finds the subject of a photo: one salient object, or none when that is uncertain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Box, Extent
from inference.engine import Pixels
from inference.image.bands import Side
from inference.subject.matte import Matte, along_edges
from inference.subject.salience import Salience

LONGEST: Final = 1024  # px; longer side of the copy on which the subject is found
SOFT: Final = 0.6  # largest share of the subject's area that may be partly transparent
SOFT_AT_SIDE: Final = 0.35  # the same for a subject that the frame cuts at another side than the bottom
LEAST, MOST = 0.02, 0.75  # limits of the subject's share of the photo
SMALLEST: Final = 8  # px; least length of a subject's shorter side
ALONE: Final = 0.5  # least share of the salient area that belongs to the subject
BORDER: Final = {
    Side.TOP: 0.03,
    Side.BOTTOM: 0.06,
    Side.LEFT: 0.06,
    Side.RIGHT: 0.06,
}  # share of a side that the subject must cover to be cut by it
SURROUNDED: Final = 0.42  # largest share of the frame that a removable subject covers
COVERED: Final = 0.6  # largest share of the photo that a removable subject covers


@dataclass(frozen=True, eq=False)
class Subject:
    """A copy of the photo of at most 1024 px, and the matte that tells how far each pixel belongs to the subject."""

    photo: Pixels
    matte: Matte  # (height, width), 0 to 1
    box: Box  # bounding box in pixels of the copy
    cut: frozenset[Side]  # the sides of the frame that cut it

    @property
    def cutout(self) -> NDArray[np.uint8]:
        """Return the subject's box as RGBA, (height, width, 4)."""
        alpha = np.rint(self.matte[self.box.slices] * 255).astype(np.uint8)
        return np.asarray(cv2.merge([*cv2.split(self.photo[self.box.slices]), alpha]), np.uint8)

    @property
    def removable(self) -> bool:
        """Whether enough of the scene around the subject is visible to extend it without the subject."""
        frame = np.concatenate([self.matte[0], self.matte[-1], self.matte[:, 0], self.matte[:, -1]])
        return bool((frame > 0.5).mean() < SURROUNDED and (self.matte > 0.5).mean() < COVERED)


def find_subject(photo: Pixels, salience: Salience) -> Subject | None:
    """Return the subject, or None when the map is blurred, scattered, or of an unlikely size or shape."""
    width, height = _reduced(Extent.of(photo))
    likely = np.asarray(cv2.resize(salience, (width, height), interpolation=cv2.INTER_LINEAR) / 255, np.float32)
    inside = likely > 0.5
    area = float(inside.mean())
    blurred = float(((likely > 0.2) & (likely < 0.8)).mean())
    if area == 0 or blurred > SOFT * area or area > MOST:
        return None
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8))
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    if stats[largest, cv2.CC_STAT_AREA] < max(LEAST * height * width, ALONE * inside.sum()):
        return None
    copy = _copy(photo)
    matte = _matte(likely, labels == largest, copy)
    cut = frozenset(side for side, least in BORDER.items() if (_line(matte, side) > 0.5).mean() > least)
    if Side.BOTTOM not in cut and ({Side.LEFT, Side.RIGHT} <= cut or (cut and blurred > SOFT_AT_SIDE * area)):
        return None  # a band from side to side is background, and so, probably, is a vague area at a side
    box = _around(matte)
    if min(box.right - box.left, box.bottom - box.top) < SMALLEST:
        return None
    return Subject(copy, matte, box, cut)


def _copy(photo: Pixels) -> Pixels:
    size = _reduced(Extent.of(photo))
    return photo if size == Extent.of(photo) else np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA))


def _reduced(photo: Extent) -> Extent:
    scale = min(1.0, LONGEST / max(photo))
    return Extent(max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))


def _matte(likely: Matte, own: NDArray[np.bool_], photo: Pixels) -> Matte:
    near = cv2.dilate(own.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    radius = max(1, max(photo.shape) // 160)
    sharp = along_edges(np.where(near, likely, 0).astype(np.float32), photo, radius)
    hard = np.clip((sharp - 0.35) / 0.4, 0, 1) * cv2.blur(near.astype(np.float32), (5, 5))
    return np.asarray(cv2.erode(hard, np.ones((3, 3), np.uint8)), np.float32)


def _line(matte: Matte, side: Side) -> Matte:
    lines = {Side.TOP: matte[0], Side.BOTTOM: matte[-1], Side.LEFT: matte[:, 0], Side.RIGHT: matte[:, -1]}
    return np.asarray(lines[side])


def _around(matte: Matte) -> Box:
    rows, cols = (np.flatnonzero((matte > 0.5).any(axis=axis)) for axis in (1, 0))
    return Box(int(cols[0]), int(rows[0]), int(cols[-1]) + 1, int(rows[-1]) + 1) if rows.size else Box(0, 0, 0, 0)
