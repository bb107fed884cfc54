"""Recognises screenshots and pages of text, and continues their borders: copies of text would be scraps of words.

All that is asked holds for what a program has drawn, also after JPEG, and for no photo: its border has no detail across
it, most of it is of one colour with its neighbours, and where it is not, it changes abruptly.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.bands import Side, grown

BORDER: Final = 0.015  # depth of the border as a share of the photo's shorter side
SHALLOWEST: Final = 4  # px
ALIKE: Final = 8  # grey levels between pixels of one colour, which JPEG sets apart
PLAIN: Final = 0.99  # least share of a border's lines that are of one colour from its inner to its outer end
PARTS: Final = 0.02  # largest share of neighbouring lines that differ, such as a title bar and what is below it
EVEN: Final = 0.5  # least share of pixels that equal their neighbours
ABRUPT: Final = 0.2  # least share of changes that are as strong as those at letters
WEAK, STRONG = 4, 50  # grey levels of the changes that count, and of those at letters


def is_screenshot(photo: Pixels, margins: Margins) -> bool:
    """Tell whether a photo is drawn, not taken, and has plain borders at all sides that grow."""
    depth = max(SHALLOWEST, round(BORDER * min(photo.shape[:2])))
    if min(photo.shape[:2]) <= depth:
        return False
    return all(_plain(photo, side, depth) for side in grown(margins)) and _drawn(photo)


def continued(photo: Pixels, margins: Margins) -> Pixels:
    """Return the canvas with the photo, whose outermost pixels are repeated to the canvas's edges."""
    around = margins.top, margins.bottom, margins.left, margins.right
    return np.asarray(cv2.copyMakeBorder(photo, *around, cv2.BORDER_REPLICATE), np.uint8)


def _plain(photo: Pixels, side: Side, depth: int) -> bool:
    border = np.rot90(photo, side.turns)[-depth:]
    alike = np.ptp(border, axis=0).max(axis=-1) <= ALIKE
    line = border[-1].astype(np.int16)
    parts = np.abs(np.diff(line, axis=0)).max(axis=-1) > ALIKE
    return bool(alike.mean() >= PLAIN and parts.sum() <= PARTS * len(line))


def _drawn(photo: Pixels) -> bool:
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    across, down = cv2.absdiff(grey[1:, 1:], grey[1:, :-1]), cv2.absdiff(grey[1:, 1:], grey[:-1, 1:])
    change = np.asarray(cv2.max(across, down), np.uint8)
    changes, abrupt = np.count_nonzero(change > WEAK), np.count_nonzero(change > STRONG)
    return bool(change.size and (change <= 1).mean() >= EVEN and changes and abrupt >= ABRUPT * changes)
