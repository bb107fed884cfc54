"""What a model is shown: the window at work size, the photo in it, and something where it is to paint."""

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
    picture: Pixels  # (height, width, 3) at work size
    mask: NDArray[np.uint8]  # (height, width): 255 is painted
    kept: Box  # where the photo lies

    @property
    def photo(self) -> Pixels:
        return self.picture[self.kept.top : self.kept.bottom, self.kept.left : self.kept.right]

    @property
    def margins(self) -> Margins:
        height, width = self.mask.shape
        return Margins(self.kept.left, self.kept.top, width - self.kept.right, height - self.kept.bottom)


def sketch(
    photo: Pixels, margins: Margins, window: Window, fill: Fill, overlap: int, seed: int, grid: int = 8
) -> Sketch:
    """Scale the window's part of the photo to its exact place among the work pixels, and fill the rest.

    A work pixel that lies only partly on the photo is painted. `overlap` work pixels of the photo are painted too, and
    as many more as it takes to end at a cell of the model's latent `grid`, which knows no half-painted cells.
    """
    extent = Extent(photo.shape[1], photo.shape[0])
    kept, source = _places(margins.box(extent), window)
    small = Image.fromarray(photo).resize(
        (kept.right - kept.left, kept.bottom - kept.top), Image.Resampling.LANCZOS, box=source, reducing_gap=3.0
    )
    around = Margins(kept.left, kept.top, window.work.width - kept.right, window.work.height - kept.bottom)
    return Sketch(
        _filled(np.asarray(small), around, fill, seed), _mask(around, Extent(*small.size), overlap, grid), kept
    )


def _places(photo: Box, window: Window) -> tuple[Box, tuple[float, float, float, float]]:
    """The work pixels that lie wholly on the photo, and their outline in photo pixels."""
    box, work = window.box, window.work
    across, down = (box.right - box.left) / work.width, (box.bottom - box.top) / work.height
    left, right = max(photo.left, box.left) - box.left, min(photo.right, box.right) - box.left
    top, bottom = max(photo.top, box.top) - box.top, min(photo.bottom, box.bottom) - box.top
    kept = Box(
        ceil(left / across - 1e-6), ceil(top / down - 1e-6), floor(right / across + 1e-6), floor(bottom / down + 1e-6)
    )
    x, y = box.left - photo.left, box.top - photo.top
    source = (kept.left * across + x, kept.top * down + y, kept.right * across + x, kept.bottom * down + y)
    width, height = photo.right - photo.left, photo.bottom - photo.top
    return kept, (max(0.0, source[0]), max(0.0, source[1]), min(width, source[2]), min(height, source[3]))


def _filled(photo: Pixels, around: Margins, fill: Fill, seed: int) -> Pixels:
    if fill is Fill.PATCHMATCH:
        return prefill(photo, around, seed)
    extent = Extent(photo.shape[1], photo.shape[0])
    canvas, box = around.canvas(extent), around.box(extent)
    picture = np.full((canvas.height, canvas.width, 3), COLOURS[fill], np.uint8)
    picture[box.top : box.bottom, box.left : box.right] = photo
    return picture


def _mask(around: Margins, photo: Extent, overlap: int, grid: int) -> NDArray[np.uint8]:
    """At least half of the photo stays kept along each axis."""

    def reach(side: int, length: int) -> int:
        return min(-(-(side + overlap) // grid) * grid, side + length // 4) if side else 0

    inset = Margins(
        reach(around.left, photo.width),
        reach(around.top, photo.height),
        reach(around.right, photo.width),
        reach(around.bottom, photo.height),
    )
    canvas = around.canvas(photo)
    inner = Extent(canvas.width - inset.left - inset.right, canvas.height - inset.top - inset.bottom)
    return inset.mask(inner)
