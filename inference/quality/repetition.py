"""Finds out whether an engine has painted the photo's subject a second time, into the new part.

Local features (Lowe, «Distinctive Image Features from Scale-Invariant Keypoints», IJCV 2004) of the subject and of its
mirror image are looked for in the new part. A second copy is several of them that agree on one shift, turn and size.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins
from inference.engine import Pixels, Reads, Request
from inference.subject.memory import Subjects
from inference.subject.subject import Subject

LONGEST: Final = 1024  # px; longest side of the compared canvas
RATIO: Final = 0.8  # distance of the nearest feature over that of the second nearest, above which neither counts
NEAR: Final = 0.02  # share of the longest side that a feature may be off from where the others put it
SIZES: Final = (0.25, 3.0)  # of a copy, in times of the subject
TURN: Final = 40.0  # degrees that a copy may be turned by; what is upside down is a reflection
FEWEST: Final = 8  # features that make a copy
SPREAD: Final = 0.05  # least share of the subject's box that these features span
GAP: Final = 4  # px between the photo and the new part that is looked at

Mask = NDArray[np.uint8]


def painted_again(canvas: Pixels, request: Request, reads: Reads, subjects: Subjects | None) -> int:
    """Return how many features show the request's subject again; 0 without a subject, or by an engine without a model.

    Such an engine copies the photo on purpose, and imagines no subjects.
    """
    subject = subjects.of(request.photo) if subjects is not None and reads is not Reads.NOTHING else None
    return repeated(canvas, request.margins, subject) if subject is not None else 0


def repeated(canvas: Pixels, margins: Margins, subject: Subject) -> int:
    """Return how many features of the subject agree on a copy of it in the new part; 0 when there is no copy.

    `canvas` contains the photo, and `subject` is that photo's.
    """
    grey, own, new = _prepared(canvas, margins, subject)
    there = _features(grey, new)
    mirrored = np.ascontiguousarray(grey[:, ::-1]), np.ascontiguousarray(own[:, ::-1])
    return max(_agreeing(_features(*seen), there, max(grey.shape)) for seen in ((grey, own), mirrored))


def _prepared(canvas: Pixels, margins: Margins, subject: Subject) -> tuple[Mask, Mask, Mask]:
    """Return the small grey canvas, and the masks of the subject and of the new part on it."""
    height, width = canvas.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    small = cv2.resize(canvas, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    left, top, right, bottom = (round(side * scale) for side in margins.box(_photo(canvas, margins)))
    own, new = np.zeros(small.shape[:2], np.uint8), np.full(small.shape[:2], 255, np.uint8)
    matte = cv2.resize(subject.matte, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    own[top:bottom, left:right] = np.where(matte > 0.5, 255, 0)
    new[max(0, top - GAP) : bottom + GAP, max(0, left - GAP) : right + GAP] = 0
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8), own, new


def _photo(canvas: Pixels, margins: Margins) -> Extent:
    height, width = canvas.shape[:2]
    return Extent(width - margins.left - margins.right, height - margins.top - margins.bottom)


def _features(grey: Mask, mask: Mask) -> tuple[NDArray[np.float32], Any]:
    """Return the places, (n, 2), and the descriptors of the features inside a mask."""
    found, described = cv2.SIFT.create().detectAndCompute(grey, mask)
    return np.array([feature.pt for feature in found], np.float32).reshape(-1, 2), described


def _agreeing(own: tuple[Any, Any], there: tuple[Any, Any], longest: int) -> int:
    """Return how many features agree on one similarity between the two sets."""
    (places, described), (others, others_described) = own, there
    if len(places) < FEWEST or len(others) < FEWEST:
        return 0
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(described, others_described, k=2)
    good = [near for near, far in pairs if near.distance < RATIO * far.distance]
    if len(good) < FEWEST:
        return 0
    start = np.array([places[match.queryIdx] for match in good])
    end = np.array([others[match.trainIdx] for match in good])
    cv2.setRNGSeed(0)  # the sampling is the same for the same canvas
    move, agree = cv2.estimateAffinePartial2D(start, end, ransacReprojThreshold=NEAR * longest)
    if move is None:
        return 0
    inside = start[agree.ravel() > 0]
    spread = float(np.prod(np.ptp(inside, axis=0)) / max(1.0, np.prod(np.ptp(places, axis=0))))
    return len(inside) if len(inside) >= FEWEST and spread >= SPREAD and _likely(move) else 0


def _likely(move: NDArray[Any]) -> bool:
    """Return whether a similarity keeps a copy upright and of a likely size."""
    size, turn = np.hypot(move[0, 0], move[1, 0]), np.degrees(np.arctan2(move[1, 0], move[0, 0]))
    return bool(SIZES[0] <= size <= SIZES[1] and abs(turn) <= TURN)
