"""Visitors: cut-outs of other people's subjects, which walk into a picture with the bank's guests."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from inference.beings.being import closed
from inference.beings.sprite import Sprite, resized, trimmed
from inference.engine import EngineError, Pixels
from inference.subject.salience import salience, squeezed
from inference.subject.subject import find_subject

LONGEST: Final = 640  # px; longer side of a cut-out, as of most guests of the bank
QUALITY: Final = 90  # of its WebP
SMALLEST: Final = 48  # px; a cut-out whose longer side is shorter would be a speck


def cut_out(photo: Pixels) -> bytes | None:
    """Return the photo's subject as a transparent WebP, or None when the photo has no clear one. Takes 0.6 s."""
    subject = find_subject(photo, salience(squeezed(photo)))
    if subject is None:
        return None
    sprite = trimmed(closed(subject.cutout, subject.cut))
    if max(sprite.shape) < SMALLEST:
        return None
    sprite = resized(sprite, min(1.0, LONGEST / max(sprite.shape)))
    _, data = cv2.imencode(".webp", cv2.cvtColor(sprite, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    return bytes(data)


def read_cutout(data: bytes) -> Sprite:
    """Return a stored cut-out. Raises EngineError when the file is not one."""
    sprite = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if sprite is None or sprite.ndim != 3 or sprite.shape[2] != 4:
        raise EngineError("the file of a guest is no transparent picture")
    return np.asarray(cv2.cvtColor(sprite, cv2.COLOR_BGRA2RGBA), np.uint8)
