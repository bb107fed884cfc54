"""The full-size pass: every new pixel is copied from the full photo, at the offset its place on the work canvas has.

Where neighbouring offsets agree, this is a plain copy, as sharp as the photo; where they differ, the candidates are blended. The
tone of the work canvas and the correction at the seam are added on the way. Bytes in, bytes out: no canvas of floats exists.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.patchmatch.kernel import kernel


class Offsets(NamedTuple):
    """Per pixel of the work canvas: which page, and how far its pixel lies from the canvas pixel, at full size."""

    page: NDArray[np.int32]
    row: NDArray[np.int32]  # page row minus canvas row, relative to the photo's corner
    col: NDArray[np.int32]
    tone: NDArray[np.float32]  # (height, width, 3): to be added


class Pages(NamedTuple):
    """(pages,) how each page reads the full photo."""

    height: NDArray[np.int32]
    width: NDArray[np.int32]
    mirrored: NDArray[np.bool_]
    upturned: NDArray[np.bool_]
    step: NDArray[np.float32]  # photo pixels per page pixel


class Place(NamedTuple):
    """How the full canvas lies over the work canvas: both are anchored at the photo's corner."""

    top: int  # of the photo on the full canvas
    left: int
    work_top: int  # of the photo on the work canvas
    work_left: int
    down: float  # work pixels per full pixel
    across: float


class Correction(NamedTuple):
    """The colour step along the seam, by wavelength."""

    step: NDArray[np.float32]  # (bands, 2 * width + 2 * height, 3): top, bottom, left, right
    reach: NDArray[np.float32]  # (bands,): wavelength in pixels


@kernel
def read(photo, pages, page, row, col, out):  # type: ignore[no-untyped-def]
    """A page's pixel, clamped to the page, as floats in `out` (3,)."""
    row = min(max(row, 0), pages.height[page] - 1)
    col = min(max(col, 0), pages.width[page] - 1)
    if pages.upturned[page]:
        row = pages.height[page] - 1 - row
    if pages.mirrored[page]:
        col = pages.width[page] - 1 - col
    if pages.step[page] == 1:
        for k in range(3):
            out[k] = photo[row, col, k]
        return
    height, width = photo.shape[:2]
    y = min(max((row + 0.5) * pages.step[page] - 0.5, 0.0), height - 1.0)
    x = min(max((col + 0.5) * pages.step[page] - 0.5, 0.0), width - 1.0)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    low, far = np.float32(y - top), np.float32(x - left)
    for k in range(3):
        upper = photo[top, left, k] * (1 - far) + photo[top, right, k] * far
        lower = photo[bottom, left, k] * (1 - far) + photo[bottom, right, k] * far
        out[k] = upper * (1 - low) + lower * low


@kernel
def transfer(photo, canvas, first, last, offsets, pages, place, correction):  # type: ignore[no-untyped-def]
    """Write the new pixels of the canvas's rows `first` to `last`."""
    height, width = photo.shape[:2]
    work_height, work_width = offsets.page.shape
    value, one = np.zeros(3, np.float32), np.zeros(3, np.float32)
    for y in range(first, last):
        beside = place.top <= y < place.top + height
        down = (y - place.top + 0.5) * place.down - 0.5 + place.work_top
        upper = int(np.floor(down))
        low = np.float32(down - upper)
        i0, i1 = min(max(upper, 0), work_height - 1), min(max(upper + 1, 0), work_height - 1)
        for x in range(canvas.shape[1]):
            if beside and place.left <= x < place.left + width:
                continue
            across = (x - place.left + 0.5) * place.across - 0.5 + place.work_left
            nearer = int(np.floor(across))
            far = np.float32(across - nearer)
            j0, j1 = min(max(nearer, 0), work_width - 1), min(max(nearer + 1, 0), work_width - 1)
            blend(photo, offsets, pages, y - place.top, x - place.left, i0, i1, j0, j1, low, far, value, one)
            correct(correction, y - place.top, x - place.left, height, width, value)
            for k in range(3):
                canvas[y, x, k] = np.uint8(min(max(value[k] + np.float32(0.5), np.float32(0)), np.float32(255)))


@kernel
def blend(photo, offsets, pages, y, x, i0, i1, j0, j1, low, far, value, one):  # type: ignore[no-untyped-def]
    """The pixels that the four nearest offsets name, and the tone, interpolated. y and x count from the photo's corner."""
    for k in range(3):
        near = offsets.tone[i0, j0, k] * (1 - far) + offsets.tone[i0, j1, k] * far
        next_ = offsets.tone[i1, j0, k] * (1 - far) + offsets.tone[i1, j1, k] * far
        value[k] = near * (1 - low) + next_ * low
    for corner in range(4):
        i, j = (i0 if corner < 2 else i1), (j0 if corner % 2 == 0 else j1)
        share = ((1 - low) if corner < 2 else low) * ((1 - far) if corner % 2 == 0 else far)
        if corner == 0 and agree(offsets, i0, i1, j0, j1):
            share = np.float32(1)
        elif corner > 0 and share == 0:
            continue
        read(photo, pages, offsets.page[i, j], y + offsets.row[i, j], x + offsets.col[i, j], one)
        for k in range(3):
            value[k] += share * one[k]
        if corner == 0 and agree(offsets, i0, i1, j0, j1):
            return


@kernel
def agree(offsets, i0, i1, j0, j1):  # type: ignore[no-untyped-def]
    row, col, page = offsets.row[i0, j0], offsets.col[i0, j0], offsets.page[i0, j0]
    rows = row == offsets.row[i0, j1] and row == offsets.row[i1, j0] and row == offsets.row[i1, j1]
    cols = col == offsets.col[i0, j1] and col == offsets.col[i1, j0] and col == offsets.col[i1, j1]
    return (
        rows and cols and page == offsets.page[i0, j1] and page == offsets.page[i1, j0] and page == offsets.page[i1, j1]
    )


@kernel
def correct(correction, y, x, height, width, value):  # type: ignore[no-untyped-def]
    """Add the colour step of the nearest seam pixel, each wavelength fading over its own length."""
    reach = correction.reach
    if reach.size == 0:
        return
    above = -y if y < 0 else max(0, y - height + 1)
    beside = -x if x < 0 else max(0, x - width + 1)
    away = np.sqrt(np.float32(above * above + beside * beside)) if above and beside else np.float32(above + beside)
    if away >= 3.5 * reach[reach.size - 1]:
        return
    share = np.float32(above) / np.float32(above + beside)
    at_row, at_col = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    level = at_col if y < 0 else width + at_col
    upright = 2 * width + at_row if x < 0 else 2 * width + height + at_row
    for band in range(reach.size):
        lengths = (away - np.float32(1)) / reach[band]
        if lengths < 3.5:
            fading = np.exp(-lengths)
            for k in range(3):
                value[k] += fading * (
                    share * correction.step[band, level, k] + (1 - share) * correction.step[band, upright, k]
                )
