"""The sources of patches: an atlas of the photo and, for some styles, mirrored and resized copies side by side."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins, round_half_up
from inference.engine import Pixels
from inference.patchmatch.patch import HALF, SIZE

LARGE = 3.0  # new pixels per pixel of the photo; 3 means twice as wide and twice as tall
LEAST = SIZE + 2  # pixels a photo needs along a side so that a patch fits with room to choose


@dataclass(frozen=True)
class Page:
    """One transformed copy of the photo."""

    scale: float = 1.0
    mirrored: bool = False
    upturned: bool = False

    def extent(self, photo: Extent) -> Extent:
        """Return the page's extent for a photo's extent."""
        return Extent(max(LEAST, round(photo.width * self.scale)), max(LEAST, round(photo.height * self.scale)))

    def pixels(self, photo: Pixels) -> Pixels:
        """Return the transformed copy of a photo."""
        seen = photo[:: -1 if self.upturned else 1, :: -1 if self.mirrored else 1]
        if self.scale == 1.0:
            return np.ascontiguousarray(seen)
        extent = self.extent(Extent.of(photo))
        shrinks = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(np.ascontiguousarray(seen), extent, interpolation=shrinks), np.uint8)


@dataclass(frozen=True)
class Atlas:
    """The pages of one level in one image with aligned top edges. The first page is the photo itself."""

    pixels: Pixels  # (height, width, 3)
    valid: NDArray[np.bool_]  # (height, width): whether a patch centred here lies inside one page
    page: NDArray[np.int32]  # (width,): the page of a column; -1 for the unused last one
    bottom: NDArray[np.int32]  # (width,): the number of rows that the page fills in a column
    first: NDArray[np.int32]  # (pages,): a page's first column

    @classmethod
    def of(cls, photo: Pixels, pages: tuple[Page, ...]) -> Atlas:
        """Build the atlas of a photo's pages."""
        views = [page.pixels(photo) for page in pages]
        width, height = sum(view.shape[1] for view in views) + 1, max(view.shape[0] for view in views)
        pixels = np.zeros((height, width, 3), np.uint8)
        valid = np.zeros((height, width), np.bool_)
        first = np.cumsum([0] + [view.shape[1] for view in views])
        for view, left in zip(views, first[:-1], strict=True):
            tall, wide = view.shape[:2]
            pixels[:tall, left : left + wide] = view
            valid[HALF : tall - HALF, left + HALF : left + wide - HALF] = True
        widths = np.diff(first)
        page = np.append(np.repeat(np.arange(len(views)), widths), -1).astype(np.int32)
        bottom = np.append(np.repeat([view.shape[0] for view in views], widths), 0).astype(np.int32)
        return cls(pixels, valid, page, bottom, first[:-1].astype(np.int32))


@dataclass(frozen=True)
class Level:
    """A canvas at one resolution; lengths are in its own pixels."""

    photo: Extent
    margins: Margins

    @property
    def canvas(self) -> Extent:
        return self.margins.canvas(self.photo)

    @property
    def area(self) -> int:
        return self.canvas.area


def plan(photo: Extent, margins: Margins, work: int, coarse: int) -> list[Level]:
    """Return the levels from coarsest to finest, each about half as large as the next.

    `work` bounds the area of the finest canvas and `coarse` that of the coarsest photo, both in pixels, so that cost
    and layout do not depend on the photo's size and shape. Beyond LARGE, the coarsest photo also shrinks as the new
    area grows, because the cost of filling it is the product of photo and new pixels.
    """
    full = photo.area
    growth = margins.canvas(photo).area / full
    finest = min(1.0, sqrt(work / (full * growth)))
    coarse = min(coarse, int(coarse * sqrt(LARGE / max(growth - 1, 0.1))))
    ratio = sqrt(full * finest**2 / coarse)  # between the photo's sides at the finest and the coarsest level
    steps = max(1, round(log(ratio, 2))) if ratio > 1.2 else 0
    return [
        _level(photo, margins, finest * ratio ** (step / max(steps, 1) - 1 if steps else 0))
        for step in range(steps + 1)
    ]


def _level(photo: Extent, margins: Margins, scale: float) -> Level:
    small = (photo * scale).at_least(LEAST)
    across, down = small.width / photo.width, small.height / photo.height
    return Level(
        small,
        Margins(
            _scaled(margins.left, across),
            _scaled(margins.top, down),
            _scaled(margins.right, across),
            _scaled(margins.bottom, down),
        ),
    )


def _scaled(margin: int, scale: float) -> int:
    """Scale a margin. A margin that is not 0 keeps at least one pixel, because finer levels start from it."""
    return max(1, round_half_up(margin * scale)) if margin else 0
