"""Turns the pixels that a model painted in a window into a canvas: scaling, registration, sharpening, compositing."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np

from inference.blending import membrane
from inference.blending.compositing import BAND, compose
from inference.blending.sharpness import sharpen_to
from inference.canvas import Box, Extent, Margins
from inference.diffusion.window import Window
from inference.engine import Pixels
from inference.image.upscale import NOTHING, enlarge, softened


def finish(
    painted: Pixels, photo: Pixels, margins: Margins, window: Window, *, register: bool, seed: int = 0
) -> Pixels:
    """Return the canvas around the photo.

    `painted` has the window's work size. With `register`, it is first aligned with the photo. `seed` is that of the
    grain.
    """
    extent = Extent.of(photo)
    box, place = window.box, margins.box(extent)
    kept, size = place & box, box.extent
    part, around = photo[kept.inside(place).slices], kept.margins(box)
    large = enlarge(painted, size, NOTHING if register else _unread(around, size))
    fitted = compose(large, np.ascontiguousarray(part), around, register=register)
    fitted = sharpen_to(fitted, around, softened(Extent.of(painted), size), seed)
    width, height = margins.canvas(extent)
    if size == (width, height):
        return fitted
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[place.slices] = photo
    canvas[box.slices] = fitted
    return canvas


def _unread(around: Margins, size: Extent) -> Box:
    """Return the box inside the photo whose painted pixels nothing reads.

    The photo replaces them, and only registration compares more than the surroundings of the seams.
    """
    depth = max(BAND, membrane.DEPTH * -(-max(size) // membrane.GRID))
    unread = Margins(*(side + depth if side else 0 for side in astuple(around))).inner(size)
    return NOTHING if unread.empty else unread
