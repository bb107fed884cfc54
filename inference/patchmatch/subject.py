"""What a photo is about: the region that differs most from the rest, cut out along its edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels

ITERATIONS = 2
LEAST, MOST = 0.03, 0.5  # of the photo: a cut-out of another size is taken for a failure


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
