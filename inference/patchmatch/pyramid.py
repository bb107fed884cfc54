"""Where patches come from: the photo, and, for styles that ask, its mirror image and copies of other sizes, side by
side."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent
from inference.engine import Pixels
from inference.patchmatch.levels import LEAST
from inference.patchmatch.patch import HALF


@dataclass(frozen=True)
class Page:
    """One way to look at the photo."""

    scale: float = 1.0
    mirrored: bool = False
    upturned: bool = False

    def extent(self, photo: Extent) -> Extent:
        return Extent(max(LEAST, round(photo.width * self.scale)), max(LEAST, round(photo.height * self.scale)))

    def pixels(self, photo: Pixels) -> Pixels:
        seen = photo[:: -1 if self.upturned else 1, :: -1 if self.mirrored else 1]
        if self.scale == 1.0:
            return np.ascontiguousarray(seen)
        extent = self.extent(Extent(photo.shape[1], photo.shape[0]))
        shrinks = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(np.ascontiguousarray(seen), extent, interpolation=shrinks), np.uint8)


@dataclass(frozen=True)
class Atlas:
    """The pages of one level in one picture, top edges aligned; the first page is the photo itself."""

    pixels: Pixels  # (height, width, 3)
    valid: NDArray[np.bool_]  # (height, width): a patch centred here lies inside one page
    page: NDArray[np.int32]  # (width,): the page of a column; -1 for the spare last one
    bottom: NDArray[np.int32]  # (width,): how many rows of a column the page fills
    first: NDArray[np.int32]  # (pages,): a page's first column

    @classmethod
    def of(cls, photo: Pixels, pages: tuple[Page, ...]) -> Atlas:
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

    def end(self, pages: int) -> int:
        """The column after the first so many pages."""
        return int(self.first[pages]) if pages < self.first.size else self.page.size
