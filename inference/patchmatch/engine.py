"""The engine without weights: PatchMatch outpainting, coarse to fine on a small canvas, then copied from the full
photo."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from inference.canvas import Extent, Margins
from inference.engine import EngineError, Painted, Pixels, Report, Request, Style, ignore, part, versions
from inference.patchmatch import kernel
from inference.patchmatch.finish import finish
from inference.patchmatch.pyramid import plan
from inference.patchmatch.style import SETTINGS
from inference.patchmatch.synthesis import Collage, synthesize

COARSE = 60 * 60 * 3 // 2  # pixels of the photo where the layout is decided
WORK = 512 * 384  # pixels of the canvas on which patches are searched
WORK_LARGE = 768 * 576  # the same for canvases that are seen at more than LARGE pixels
LARGE = 3000 * 2000


class PatchMatch:
    """Copies what the photo shows into a larger scene. Reads no words and needs nothing but a CPU core."""

    name = "patchmatch"
    reads_words = False
    devices = os.cpu_count() or 1

    def __init__(self, cache: Path | None = None) -> None:
        """`cache` keeps the kernels' machine code; by default a folder inside the virtual environment."""
        self.cache = kernel.cache_in(cache or kernel.default_folder())

    def expand(self, request: Request, report: Report) -> Painted:
        """Raises EngineError for a photo without pixels or of another type than (height, width, 3) bytes."""
        photo = _checked(request.photo)
        key = f"{self.name} {versions('kuotu', 'numpy', 'numba', 'opencv-python-headless')}"
        if not request.margins:
            return Painted(photo.copy(), {"key": key})
        canvas = request.margins.canvas(request.extent)
        work = WORK_LARGE if canvas.area > LARGE else WORK
        collage = _collage(photo, request.margins, request.style, request.seed, work, COARSE, part(report, 0.0, 0.8))
        result = finish(photo, request.margins, collage, SETTINGS[request.style].pages, part(report, 0.8, 1.0))
        report(1.0)
        return Painted(result, {"key": key})


def prefill(photo: Pixels, margins: Margins, seed: int = 0, work: int = 96 * 72) -> Pixels:
    """A quick, soft guess at the whole canvas, for a model to paint over: a small synthesis, enlarged."""
    photo = _checked(photo)
    collage = _collage(photo, margins, Style.FAITHFUL, seed, work, work // 12, ignore)
    extent = Extent.of(photo)
    canvas = cv2.resize(collage.pixels, margins.canvas(extent), interpolation=cv2.INTER_LINEAR)
    canvas[margins.box(extent).slices] = photo
    return np.asarray(canvas, np.uint8)


def _collage(
    photo: Pixels, margins: Margins, style: Style, seed: int, work: int, coarse: int, report: Report
) -> Collage:
    levels = plan(Extent.of(photo), margins, work, coarse)
    small = np.asarray(cv2.resize(photo, levels[-1].photo, interpolation=cv2.INTER_AREA), np.uint8)
    return synthesize(small, levels, SETTINGS[style].drawn(seed), seed, report)


def _checked(photo: Pixels) -> Pixels:
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8 or photo.size == 0:
        raise EngineError(
            f"a photo is (height, width, 3) bytes of at least one pixel, not {photo.shape} of {photo.dtype}"
        )
    return np.ascontiguousarray(photo)
