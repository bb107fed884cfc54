"""Proves that a rectangle of a picture is untouched: exactly in a lossless file, and as far as visible in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from inference.canvas import Box, Extent
from inference.engine import Pixels
from inference.marks.origin import Step, pixel_hash

LOOKED_AT: Final = 512  # px of the longer side in which lossy copies are compared
BLOCK: Final = 16  # px of a block whose mean colour is compared
TOLERANCE: Final = 10.0  # grey levels that encoding and scaling may change in a block's mean
SHOWN: Final = 1280  # px of the longer side of a picture with its rectangles


def source_hash(picture: Pixels, step: Step) -> str:
    """Return the hash of what stands in the rectangle of a step, at the size of its source.

    A doubled picture is halved first; its doubling made sure that this gives the source bit for bit.
    """
    inside, zoom = np.ascontiguousarray(picture[step.box.slices]), step.zoom
    while zoom > 1:
        size = (inside.shape[1] // 2, inside.shape[0] // 2)
        inside, zoom = np.asarray(cv2.resize(inside, size, interpolation=cv2.INTER_AREA), np.uint8), zoom // 2
    return pixel_hash(inside)


def untouched(picture: Pixels, steps: Sequence[Step]) -> bool:
    """Return whether the rectangle of every step holds exactly the pixels whose hash is known."""
    extent = Extent.of(picture)
    return all(
        step.box & extent.box == step.box and step.sha256 == source_hash(picture, step) for step in steps if step.sha256
    )


def seems_untouched(picture: Pixels, box: Box, photo: Pixels) -> bool:
    """Return whether the rectangle of a lossy or scaled copy looks like the photo, block by block."""
    size = (box.extent * min(1.0, LOOKED_AT / max(box.extent))).at_least(1)
    one, other = (
        cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA).astype(np.float32)
        for pixels in (picture[box.slices], photo)
    )
    means = cv2.blur(one - other, (BLOCK, BLOCK))
    return float(np.abs(means).max()) <= TOLERANCE


def outlined(picture: Pixels, boxes: Sequence[Box]) -> bytes:
    """Return a JPEG of the picture with its rectangles; the first one, the photo, has the widest line."""
    scale = min(1.0, SHOWN / max(Extent.of(picture)))
    drawn = cv2.resize(picture, (Extent.of(picture) * scale).at_least(1), interpolation=cv2.INTER_AREA)
    for number, box in reversed(list(enumerate(boxes))):
        left, top, right, bottom = box * scale
        for colour, width in (((0, 0, 0), 5), ((255, 255, 255), 3)) if number == 0 else (((255, 255, 255), 1),):
            cv2.rectangle(drawn, (left, top), (right - 1, bottom - 1), colour, width)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return data.tobytes()
