"""From what a model painted in a window to the canvas: scaled, fitted to the photo, sharpened, laid around it."""

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
    """The canvas. `painted` has the window's work size; `register` lays it over the photo first; grain has a seed."""
    extent = Extent(photo.shape[1], photo.shape[0])
    box, place = window.box, margins.box(extent)
    kept = Box(
        max(place.left, box.left), max(place.top, box.top), min(place.right, box.right), min(place.bottom, box.bottom)
    )
    part = photo[kept.top - place.top : kept.bottom - place.top, kept.left - place.left : kept.right - place.left]
    around = Margins(kept.left - box.left, kept.top - box.top, box.right - kept.right, box.bottom - kept.bottom)
    size = Extent(box.right - box.left, box.bottom - box.top)
    large = enlarge(painted, size, NOTHING if register else _unread(around, size))
    fitted = compose(large, np.ascontiguousarray(part), around, register=register)
    fitted = sharpen_to(fitted, around, softened(Extent(*painted.shape[1::-1]), size), seed)
    width, height = margins.canvas(extent)
    if fitted.shape[:2] == (height, width):
        return fitted
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[place.top : place.bottom, place.left : place.right] = photo
    canvas[box.top : box.bottom, box.left : box.right] = fitted
    return canvas


def _unread(around: Margins, size: Extent) -> Box:
    """Where the photo will lie and nothing is compared with it: registration looks everywhere, the rest near seams."""
    depth = max(BAND, membrane.DEPTH * -(-max(size) // membrane.GRID))
    left, top, right, bottom = (side + depth if side else 0 for side in astuple(around))
    unread = Box(left, top, size.width - right, size.height - bottom)
    return unread if unread.left < unread.right and unread.top < unread.bottom else NOTHING
