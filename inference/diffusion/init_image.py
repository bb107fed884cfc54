"""Builds the init image and the mask of a window at work size: the photo, and a fill where the model paints."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.canvas import Box, Extent, Margins
from inference.diffusion.presets import Fill
from inference.diffusion.window import Window
from inference.engine import Pixels
from inference.patchmatch.engine import prefill

COLOURS = {Fill.BLACK: (0, 0, 0), Fill.GRAY: (128, 128, 128), Fill.GREEN: (0, 255, 0)}


@dataclass(frozen=True, eq=False)
class Sketch:
    """The init image and the mask of one pass."""

    picture: Pixels  # (height, width, 3) at work size
    mask: NDArray[np.uint8]  # (height, width): 255 is painted
    kept: Box  # the photo's rectangle

    @property
    def photo(self) -> Pixels:
        """Return the photo's part of the init image."""
        return self.picture[self.kept.slices]

    @property
    def margins(self) -> Margins:
        """Return the margins of the photo in the init image."""
        return self.kept.margins(Extent.of(self.mask).box)


def sketch(
    photo: Pixels, margins: Margins, window: Window, fill: Fill, overlap: int, seed: int, grid: int = 8
) -> Sketch:
    """Scale the window's part of the photo to its exact place at work size, and fill the rest.

    Work pixels that the photo covers only partly are painted. `overlap` work pixels of the photo are painted as well,
    rounded up to the model's latent `grid`, because a latent cell is either painted or kept.
    """
    kept, source = _places(margins.box(Extent.of(photo)), window)
    small = Image.fromarray(photo).resize(kept.extent, Image.Resampling.LANCZOS, box=source, reducing_gap=3.0)
    around = kept.margins(window.work.box)
    return Sketch(_filled(np.asarray(small), around, fill, seed), _mask(around, kept.extent, overlap, grid), kept)


def _places(photo: Box, window: Window) -> tuple[Box, tuple[float, float, float, float]]:
    """Return the box of work pixels that the photo covers entirely, and its outline in photo pixels."""
    box, work = window.box, window.work
    across, down = box.width / work.width, box.height / work.height
    left, top, right, bottom = (photo & box).inside(box)
    kept = Box(
        ceil(left / across - 1e-6), ceil(top / down - 1e-6), floor(right / across + 1e-6), floor(bottom / down + 1e-6)
    )
    x, y = box.left - photo.left, box.top - photo.top
    source = (kept.left * across + x, kept.top * down + y, kept.right * across + x, kept.bottom * down + y)
    return kept, (max(0.0, source[0]), max(0.0, source[1]), min(photo.width, source[2]), min(photo.height, source[3]))


def _filled(photo: Pixels, around: Margins, fill: Fill, seed: int) -> Pixels:
    if fill is Fill.PATCHMATCH:
        return prefill(photo, around, seed)
    canvas = around.canvas(Extent.of(photo))
    picture = np.full((canvas.height, canvas.width, 3), COLOURS[fill], np.uint8)
    picture[around.inner(canvas).slices] = photo
    return picture


def _mask(around: Margins, photo: Extent, overlap: int, grid: int) -> NDArray[np.uint8]:
    """Return the mask, which keeps at least half of the photo along each axis."""

    def reach(side: int, length: int) -> int:
        return min(-(-(side + overlap) // grid) * grid, side + length // 4) if side else 0

    inset = Margins(
        reach(around.left, photo.width),
        reach(around.top, photo.height),
        reach(around.right, photo.width),
        reach(around.bottom, photo.height),
    )
    return inset.mask(inset.inner(around.canvas(photo)).extent)
