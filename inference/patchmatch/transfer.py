"""The full-size pass: every new pixel is copied from the full photo, at the offset its place on the work canvas has.

Where neighbouring offsets agree, this is a plain copy, as sharp as the photo; where they differ, the candidates are
blended. The tone of the work canvas and the correction at the seam are added on the way. Bytes in, bytes out: no
canvas of floats exists."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from inference.engine import Pixels
from inference.patchmatch.kernel import inlined, kernel
from inference.patchmatch.patch import Flags, Floats, Ints

Colour: TypeAlias = tuple[Any, Any, Any]  # 32-bit floats


class Offsets(NamedTuple):
    """Per pixel of the work canvas: which page, and how far its pixel lies from the canvas pixel, at full size."""

    page: Ints
    row: Ints  # page row minus canvas row, relative to the photo's corner
    col: Ints
    tone: Floats  # (height, width, 3): to be added


class Pages(NamedTuple):
    """(pages,) how each page reads the full photo."""

    height: Ints
    width: Ints
    mirrored: Flags
    upturned: Flags
    step: Floats  # photo pixels per page pixel


class Place(NamedTuple):
    """How the full canvas lies over the work canvas: both are anchored at the photo's corner."""

    top: int  # of the photo on the full canvas
    left: int
    work_top: int  # of the photo on the work canvas
    work_left: int
    down: float  # work pixels per full pixel
    across: float


@inlined
def read(photo: Pixels, pages: Pages, page: int, row: int, col: int) -> Colour:
    """A page's pixel, clamped to the page: the photo's own, or between four of them where the page has another size."""
    row = min(max(row, 0), pages.height[page] - 1)
    col = min(max(col, 0), pages.width[page] - 1)
    if pages.upturned[page]:
        row = pages.height[page] - 1 - row
    if pages.mirrored[page]:
        col = pages.width[page] - 1 - col
    step = pages.step[page]
    if step == 1:
        return np.float32(photo[row, col, 0]), np.float32(photo[row, col, 1]), np.float32(photo[row, col, 2])
    y = min(
        max((np.float32(row) + np.float32(0.5)) * step - np.float32(0.5), np.float32(0)), np.float32(photo.shape[0] - 1)
    )
    x = min(
        max((np.float32(col) + np.float32(0.5)) * step - np.float32(0.5), np.float32(0)), np.float32(photo.shape[1] - 1)
    )
    top, left = int(y), int(x)
    bottom, right = min(top + 1, photo.shape[0] - 1), min(left + 1, photo.shape[1] - 1)
    low, far = y - np.float32(top), x - np.float32(left)
    a, b, c, d = (1 - low) * (1 - far), (1 - low) * far, low * (1 - far), low * far
    red = a * photo[top, left, 0] + b * photo[top, right, 0] + c * photo[bottom, left, 0] + d * photo[bottom, right, 0]
    green = (
        a * photo[top, left, 1] + b * photo[top, right, 1] + c * photo[bottom, left, 1] + d * photo[bottom, right, 1]
    )
    blue = a * photo[top, left, 2] + b * photo[top, right, 2] + c * photo[bottom, left, 2] + d * photo[bottom, right, 2]
    return red, green, blue


@inlined
def byte(value: float) -> np.uint8:
    return np.uint8(min(max(value + np.float32(0.5), np.float32(0)), np.float32(255)))


@kernel
def transfer(
    photo: Pixels, canvas: Pixels, first: int, last: int, offsets: Offsets, pages: Pages, place: Place
) -> None:
    """Write the new pixels of the canvas's rows `first` to `last`, one cell between four work pixels after the
    other."""
    height, width = photo.shape[:2]
    across_all = canvas.shape[1]
    work_height, work_width = offsets.page.shape
    for y in range(first, last):
        down = (y - place.top + 0.5) * place.down - 0.5 + place.work_top
        low = np.float32(down - np.floor(down))
        i0 = min(max(int(np.floor(down)), 0), work_height - 1)
        i1 = min(max(int(np.floor(down)) + 1, 0), work_height - 1)
        beside = place.top <= y < place.top + height
        x = 0
        while x < across_all:
            if beside and x == place.left:
                x += width
                continue
            cell = int(np.floor((x - place.left + 0.5) * place.across - 0.5 + place.work_left))
            end = int(np.ceil((cell + 1.5 - place.work_left) / place.across - 0.5)) + place.left
            end = min(max(end, x + 1), place.left if beside and x < place.left else across_all)
            j0, j1 = min(max(cell, 0), work_width - 1), min(max(cell + 1, 0), work_width - 1)
            if (
                agree(offsets.page, i0, i1, j0, j1)
                and agree(offsets.row, i0, i1, j0, j1)
                and agree(offsets.col, i0, i1, j0, j1)
            ):
                copy(photo, canvas, offsets, pages, place, y, x, end, i0, i1, j0, j1, low, cell)
            else:
                blend(photo, canvas, offsets, pages, place, y, x, end, i0, i1, j0, j1, low, cell)
            x = end


@inlined
def agree(values: Ints, i0: int, i1: int, j0: int, j1: int) -> bool:
    same: bool = (
        values[i0, j0] == values[i0, j1] and values[i0, j0] == values[i1, j0] and values[i0, j0] == values[i1, j1]
    )
    return same


@inlined
def copy(
    photo: Pixels, canvas: Pixels, offsets: Offsets, pages: Pages, place: Place,
    y: int, x: int, end: int, i0: int, i1: int, j0: int, j1: int, low: float, cell: int,
) -> None:  # fmt: skip
    """Pixels whose four offsets agree: read once, add the interpolated tone."""
    page, row, shift, tone = (
        offsets.page[i0, j0],
        y - place.top + offsets.row[i0, j0],
        offsets.col[i0, j0],
        offsets.tone,
    )
    plain, mirrored, last_col = pages.step[page] == 1, pages.mirrored[page], pages.width[page] - 1
    at_row = min(max(row, 0), pages.height[page] - 1)
    if pages.upturned[page]:
        at_row = pages.height[page] - 1 - at_row
    red0, green0, blue0 = between(tone, i0, i1, j0, low)
    red1, green1, blue1 = between(tone, i0, i1, j1, low)
    step = np.float32(place.across)
    far = np.float32((x - place.left + 0.5) * place.across - 0.5 + place.work_left - cell)
    for at in range(x, end):
        col = at - place.left + shift
        if plain:
            col = min(max(col, 0), last_col)
            if mirrored:
                col = last_col - col
            red, green, blue = (
                np.float32(photo[at_row, col, 0]),
                np.float32(photo[at_row, col, 1]),
                np.float32(photo[at_row, col, 2]),
            )
        else:
            red, green, blue = read(photo, pages, page, row, col)
        canvas[y, at, 0] = byte(red + red0 + far * (red1 - red0))
        canvas[y, at, 1] = byte(green + green0 + far * (green1 - green0))
        canvas[y, at, 2] = byte(blue + blue0 + far * (blue1 - blue0))
        far += step


@inlined
def between(tone: Floats, i0: int, i1: int, j: int, low: float) -> Colour:
    """The tone between two rows of a column."""
    keep = np.float32(1) - low
    return (
        keep * tone[i0, j, 0] + low * tone[i1, j, 0],
        keep * tone[i0, j, 1] + low * tone[i1, j, 1],
        keep * tone[i0, j, 2] + low * tone[i1, j, 2],
    )


@inlined
def blend(
    photo: Pixels, canvas: Pixels, offsets: Offsets, pages: Pages, place: Place,
    y: int, x: int, end: int, i0: int, i1: int, j0: int, j1: int, low: float, cell: int,
) -> None:  # fmt: skip
    """Pixels whose four offsets differ: the mean of what they name, each with its own tone, by nearness."""
    for at in range(x, end):
        far = np.float32((at - place.left + 0.5) * place.across - 0.5 + place.work_left - cell)
        red, green, blue = np.float32(0), np.float32(0), np.float32(0)
        for corner in range(4):
            i, j = (i0 if corner < 2 else i1), (j0 if corner % 2 == 0 else j1)
            share = ((1 - low) if corner < 2 else low) * ((1 - far) if corner % 2 == 0 else far)
            row, col = y - place.top + offsets.row[i, j], at - place.left + offsets.col[i, j]
            r, g, b = read(photo, pages, offsets.page[i, j], row, col)
            red += share * (r + offsets.tone[i, j, 0])
            green += share * (g + offsets.tone[i, j, 1])
            blue += share * (b + offsets.tone[i, j, 2])
        canvas[y, at, 0], canvas[y, at, 1], canvas[y, at, 2] = byte(red), byte(green), byte(blue)
