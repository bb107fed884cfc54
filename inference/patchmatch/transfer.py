"""The full-size pass: every new pixel is copied from the full photo at the offset of its place on the work canvas.

A canvas pixel lies between four work pixels. The offset of each points to a pixel of the photo. Where they agree, their
mean is a plain copy, as sharp as the photo; elsewhere it is a blend. The work canvas's tone is added at the same time.
The pass handles one row at a time, so no canvas of floats is needed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from inference.patchmatch.kernel import inlined, kernel
from inference.patchmatch.patch import CHANNELS, Flags, Floats, Ints, Rows


class Offsets(NamedTuple):
    """The page and the offset from the canvas pixel to its source, at full size, per pixel of the work canvas."""

    page: Ints
    row: Ints  # page row minus canvas row, relative to the photo's corner
    col: Ints
    tone: Floats  # (height, width, 3): to be added


class Place(NamedTuple):
    """The relation of the full canvas to the work canvas. Both are anchored at the photo's corner."""

    top: int  # position of the photo on the full canvas
    left: int
    work_top: int  # position of the photo on the work canvas
    work_left: int
    down: float  # work pixels per full pixel
    across: float


class Pages(NamedTuple):
    """Arrays (pages,) that tell how each page reads the full photo."""

    height: Ints
    width: Ints
    mirrored: Flags
    upturned: Flags
    step: Floats  # photo pixels per page pixel


class Sources(NamedTuple):
    """Everything that determines which pixel of the photo a canvas pixel is copied from."""

    photo: Rows
    offsets: Offsets
    pages: Pages
    place: Place


class Stretch(NamedTuple):
    """The pixels `begin` to `end` of one row of the canvas."""

    row: int
    begin: int
    end: int


class Columns(NamedTuple):
    """The canvas's columns grouped in cells, each between the centres of two work columns."""

    start: Ints  # (cells + 1,): first column of a cell, and the end of the last one
    cell: Ints  # (width,): the cell of a column
    before: Ints  # (cells,): work column at a cell's left
    after: Ints  # (cells,): work column at a cell's right
    far: Floats  # (3 * width,): position of a column between the left and the right one, 0 to 1, once per channel


def columns(place: Place, width: int, work_width: int) -> Columns:
    """Group the canvas's columns in cells."""
    at = (np.arange(width) - place.left + 0.5) * place.across - 0.5 + place.work_left
    floor = np.floor(at)
    start = np.flatnonzero(np.diff(floor, prepend=floor[0] - 1))
    return Columns(
        start=np.append(start, width).astype(np.int32),
        cell=np.repeat(np.arange(start.size), np.diff(start, append=width)).astype(np.int32),
        before=np.clip(floor[start], 0, work_width - 1).astype(np.int32),
        after=np.clip(floor[start] + 1, 0, work_width - 1).astype(np.int32),
        far=np.repeat(at - floor, CHANNELS).astype(np.float32),
    )


@kernel
def transfer(canvas: Rows, first: int, last: int, sources: Sources, columns: Columns) -> None:
    """Write the new pixels of the canvas's rows `first` to `last`."""
    photo, offsets, place = sources.photo, sources.offsets, sources.place
    height, width, across = photo.shape[0], photo.shape[1] // CHANNELS, canvas.shape[1] // CHANNELS
    lines, tones = np.empty((4, canvas.shape[1]), np.uint8), np.empty(canvas.shape[1], np.float32)
    for y in range(first, last):
        down = (y - place.top + 0.5) * place.down - 0.5 + place.work_top
        low = np.float32(down - np.floor(down))
        above = min(max(int(np.floor(down)), 0), offsets.page.shape[0] - 1)
        below = min(max(int(np.floor(down)) + 1, 0), offsets.page.shape[0] - 1)
        beside = place.top <= y < place.top + height
        for side in range(2 if beside else 1):
            begin = place.left + width if side else 0
            end = place.left if beside and not side else across
            stretch = Stretch(y, begin, end)
            gather(lines[0], stretch, above, columns.before, sources, columns)
            gather(lines[1], stretch, above, columns.after, sources, columns)
            gather(lines[2], stretch, below, columns.before, sources, columns)
            gather(lines[3], stretch, below, columns.after, sources, columns)
            shade(tones, begin, end, above, below, low, offsets.tone, columns)
            mix(canvas[y], lines, tones, columns.far, low, begin * CHANNELS, end * CHANNELS)


@inlined
def gather(line: Rows, stretch: Stretch, work_row: int, beside: Ints, sources: Sources, columns: Columns) -> None:
    """Write the pixels that one corner of every cell points to, for a stretch, to `line`.

    The corner is in `work_row` and, for each cell, in the work column that `beside` names. Adjacent cells with the same
    offset are copied together.
    """
    photo, offsets, pages, place = sources.photo, sources.offsets, sources.pages, sources.place
    page, row, col, starts = offsets.page[work_row], offsets.row[work_row], offsets.col[work_row], columns.start
    y, x, end = stretch.row, stretch.begin, stretch.end
    while x < end:
        cell = columns.cell[x]
        j = beside[cell]
        while starts[cell + 1] < end:
            beyond = beside[cell + 1]
            if page[beyond] != page[j] or row[beyond] != row[j] or col[beyond] != col[j]:
                break
            cell += 1
        stop = min(starts[cell + 1], end)
        take(photo, pages, page[j], y - place.top + row[j], x - place.left + col[j], line, x, stop - x)
        x = stop


@inlined
def shade(
    tones: Floats, begin: int, end: int, above: int, below: int, low: float, tone: Floats, columns: Columns
) -> None:
    """Interpolate the tone between the work pixels for the columns `begin` to `end`."""
    x = begin
    while x < end:
        cell = columns.cell[x]
        stop, j0, j1 = min(columns.start[cell + 1], end), columns.before[cell], columns.after[cell]
        red, green, blue = level(tone, above, below, low, j0)
        red_beyond, green_beyond, blue_beyond = level(tone, above, below, low, j1)
        more_red, more_green, more_blue = red_beyond - red, green_beyond - green, blue_beyond - blue
        for at in range(np.uint64(x * CHANNELS), np.uint64(stop * CHANNELS), np.uint64(CHANNELS)):
            far = columns.far[at]
            tones[at] = red + far * more_red
            tones[at + np.uint64(1)] = green + far * more_green
            tones[at + np.uint64(2)] = blue + far * more_blue
        x = stop


@inlined
def level(tone: Floats, above: int, below: int, low: float, col: int) -> tuple[float, float, float]:
    """Interpolate the tone of one work column between two rows."""
    red, green, blue = tone[above, col, 0], tone[above, col, 1], tone[above, col, 2]
    return (
        red + low * (tone[below, col, 0] - red),
        green + low * (tone[below, col, 1] - green),
        blue + low * (tone[below, col, 2] - blue),
    )


@inlined
def mix(canvas: Rows, lines: Rows, tones: Floats, far: Floats, low: float, begin: int, end: int) -> None:
    """Write the bilinear mean of the four corners plus the tone."""
    for n in range(np.uint64(begin), np.uint64(end)):
        upper, lower = np.float32(lines[0, n]), np.float32(lines[2, n])
        upper_far, lower_far = np.float32(lines[1, n]), np.float32(lines[3, n])
        near, away = upper + low * (lower - upper), upper_far + low * (lower_far - upper_far)
        canvas[n] = byte(near + far[n] * (away - near) + tones[n])


@inlined
def byte(value: float) -> np.uint8:
    """Return a value rounded and clamped to 0 to 255."""
    return np.uint8(min(max(value + np.float32(0.5), np.float32(0)), np.float32(255)))


@inlined
def take(photo: Rows, pages: Pages, page: int, row: int, col: int, line: Rows, to: int, count: int) -> None:
    """Copy `count` pixels of a page's row, from column `col` on, to `line` from pixel `to` on.

    Positions outside are clamped to the page.
    """
    width, last_row = pages.width[page], pages.height[page] - 1
    row = min(max(row, 0), last_row)
    row = last_row - row if pages.upturned[page] else row
    if pages.step[page] != 1 or col < 0 or col + count > width:
        sample(photo, pages.step[page], row, col, width, pages.mirrored[page], line, to, count)
    elif pages.mirrored[page]:
        reverse(photo, row, width - 1 - col, line, to, count)
    else:
        start, first = np.uint64(to * CHANNELS), np.uint64(col * CHANNELS)
        for n in range(np.uint64(count * CHANNELS)):
            line[start + n] = photo[row, first + n]


@inlined
def reverse(photo: Rows, row: int, last: int, line: Rows, to: int, count: int) -> None:
    """Copy pixels from the column `last` leftwards."""
    start, first = np.uint64(to * CHANNELS), np.uint64(last * CHANNELS)
    for n in range(np.uint64(0), np.uint64(count * CHANNELS), np.uint64(CHANNELS)):
        for k in range(np.uint64(CHANNELS)):
            line[start + n + k] = photo[row, first - n + k]


@inlined
def sample(
    photo: Rows, step: float, row: int, col: int, width: int, mirrored: bool, line: Rows, to: int, count: int
) -> None:
    """Interpolate pixels between those of the photo, one by one."""
    half, most_row, most_col = np.float32(0.5), photo.shape[0] - 1, photo.shape[1] // CHANNELS - 1
    y = min(max((np.float32(row) + half) * step - half, np.float32(0)), np.float32(most_row))
    top, low = int(y), y - np.float32(int(y))
    bottom = min(top + 1, most_row)
    for n in range(count):
        at = min(max(col + n, 0), width - 1)
        at = width - 1 - at if mirrored else at
        x = min(max((np.float32(at) + half) * step - half, np.float32(0)), np.float32(most_col))
        left, far = int(x) * CHANNELS, x - np.float32(int(x))
        right = min(int(x) + 1, most_col) * CHANNELS
        for k in range(CHANNELS):
            upper = photo[top, left + k] * (1 - far) + photo[top, right + k] * far
            lower = photo[bottom, left + k] * (1 - far) + photo[bottom, right + k] * far
            line[(to + n) * CHANNELS + k] = byte(upper * (1 - low) + lower * low)
