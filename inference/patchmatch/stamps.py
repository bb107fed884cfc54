"""Copies of the subject set down in the new area before it is filled: playful ones beside the photo, wild ones
anywhere."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inference.canvas import Extent
from inference.engine import Pixels
from inference.patchmatch.pyramid import Atlas, Level, Page
from inference.patchmatch.style import StyleSettings

ITERATIONS = 2
LEAST, MOST = 0.03, 0.5  # of the photo: a cut-out of another size is taken for a failure

TRIES = 60  # places looked at for each stamp
ROOM = 0.35  # of a stamp has to be seen


@dataclass(frozen=True)
class Stamp:
    """Pixels of the canvas and the atlas pixels they show, each (count, 2) rows and columns."""

    place: NDArray[np.intp]
    source: NDArray[np.intp]


def stamps(
    photo: Pixels, atlas: Atlas, level: Level, settings: StyleSettings, free: NDArray[np.bool_], seed: int
) -> list[Stamp]:
    """Stamps that lie apart on `free` ((height, width) of the canvas)."""
    if not settings.stamps:
        return []
    random = np.random.default_rng([seed, 2])
    shape, free, found = subject(photo), free.copy(), []
    for _ in range(int(random.integers(settings.stamps[0], settings.stamps[1] + 1))):
        nth = int(random.integers(1, len(settings.pages)))
        cut = _seen(settings.pages[nth], shape)
        stamp = _set_down(cut, free, level, settings, random)
        if stamp is not None:
            place, own = stamp
            found.append(Stamp(place, own + np.array([0, atlas.first[nth]])))
            free[tuple(place.T)] = False
    return found


def _seen(page: Page, shape: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(count, 2) pixels of a page that show the subject."""
    extent = page.extent(Extent.of(shape))
    seen = shape[:: -1 if page.upturned else 1, :: -1 if page.mirrored else 1]
    return np.argwhere(cv2.resize(seen.astype(np.uint8), extent, interpolation=cv2.INTER_NEAREST) > 0)


def _set_down(
    cut: NDArray[np.intp], free: NDArray[np.bool_], level: Level, settings: StyleSettings, random: Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """The best of some random places, as pixels of the canvas and of the page; None where there is no room."""
    height, width = free.shape
    best: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
    most = ROOM * len(cut)
    ground, middle = cut[:, 0].max(), cut.mean(axis=0)
    for _ in range(TRIES):
        down = random.integers(0, height) - middle[0]
        if settings.standing:  # on the same ground as the original, a little nearer or farther
            down = level.margins.top + random.normal(0, 0.06) * level.photo.height
            down = min(down, height - 1 - ground)
        across = random.integers(0, width) - middle[1]
        place = cut + np.array([round(down), round(across)])
        inside = (place >= 0).all(axis=1) & (place[:, 0] < height) & (place[:, 1] < width)
        inside[inside] = free[tuple(place[inside].T)]
        if inside.sum() > most:
            best, most = (place[inside], cut[inside]), inside.sum()
    return best


def subject(photo: Pixels) -> NDArray[np.bool_]:
    """(height, width) mask of the subject of a small photo.

    Where colours are rare, edges are strong and the middle is near, a subject is likely; GrabCut (Rother, Kolmogorov,
    Blake, SIGGRAPH 2004) then follows its outline. An ellipse stands in where that finds next to nothing or nearly
    everything."""
    height, width = photo.shape[:2]
    likely = _rarity(photo) * _middle(height, width)
    _, _, _, (x, y) = cv2.minMaxLoc(cv2.GaussianBlur(likely, (0, 0), min(height, width) / 8))
    ellipse = np.zeros((height, width), np.uint8)
    cv2.ellipse(ellipse, (x, y), (max(2, int(width * 0.2)), max(2, int(height * 0.28))), 0, 0, 360, 1, -1)
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    labels[cv2.dilate(ellipse, np.ones((5, 5), np.uint8)) > 0] = cv2.GC_PR_BGD
    labels[(ellipse > 0) & (likely >= np.median(likely[ellipse > 0]))] = cv2.GC_PR_FGD
    cut = _cut(photo, labels)
    return cut if LEAST <= cut.mean() <= MOST else ellipse > 0


def _rarity(photo: Pixels) -> NDArray[np.float32]:
    lab = cv2.GaussianBlur(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32), (0, 0), 1.5)
    edge = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    return np.asarray(np.linalg.norm(lab - np.median(edge, axis=0), axis=2) + 1, np.float32)


def _middle(height: int, width: int) -> NDArray[np.float32]:
    across, down = (np.sin(np.pi * (np.arange(side) + 0.5) / side) for side in (width, height))
    return np.outer(down, across).astype(np.float32)


def _cut(photo: Pixels, labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(photo, labels, (0, 0, 0, 0), *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(found)
    if count < 2:
        return found > 0
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return cv2.dilate((parts == largest).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
