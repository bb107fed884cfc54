"""Turns a collage on the work canvas into the full canvas: scales offsets, corrects tone and seam, copies strips."""

from __future__ import annotations

import numpy as np

from inference.canvas import Extent, Margins
from inference.engine import Pixels, Report
from inference.patchmatch.patch import rows
from inference.patchmatch.pyramid import Page
from inference.patchmatch.seam_correction import correct, correction
from inference.patchmatch.synthesis import Collage
from inference.patchmatch.tone import tone
from inference.patchmatch.transfer import Offsets, Pages, Place, Sources, columns, transfer

STRIP = 256  # rows between two reports


def finish(photo: Pixels, margins: Margins, collage: Collage, pages: tuple[Page, ...], report: Report) -> Pixels:
    """Return the canvas at full size, which contains the photo bit for bit."""
    extent = Extent.of(photo)
    width, height = margins.canvas(extent)
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[margins.box(extent).slices] = photo
    level = collage.level
    place = Place(
        margins.top,
        margins.left,
        level.margins.top,
        level.margins.left,
        level.photo.height / extent.height,
        level.photo.width / extent.width,
    )
    sources = Sources(rows(photo), _offsets(collage, place), _pages(pages, extent), place)
    across = columns(place, width, level.canvas.width)
    step = correction(sources)
    for first in range(0, height, STRIP):
        report(first / height)
        last = min(first + STRIP, height)
        transfer(rows(canvas), first, last, sources, across)
        correct(canvas, first, last, place, extent.height, extent.width, step)
    return canvas


def _pages(pages: tuple[Page, ...], photo: Extent) -> Pages:
    extents = [page.extent(photo) for page in pages]
    return Pages(
        height=np.array([extent.height for extent in extents], np.int32),
        width=np.array([extent.width for extent in extents], np.int32),
        mirrored=np.array([page.mirrored for page in pages]),
        upturned=np.array([page.upturned for page in pages]),
        step=np.array([1 / page.scale for page in pages], np.float32),
    )


def _offsets(collage: Collage, place: Place) -> Offsets:
    page = collage.atlas.page[collage.col]
    own = np.indices(collage.row.shape)
    row = collage.row - own[0] + place.work_top
    col = collage.col - collage.atlas.first[page] - own[1] + place.work_left
    return Offsets(
        page=np.ascontiguousarray(page),
        row=np.rint(row / place.down).astype(np.int32, order="C"),
        col=np.rint(col / place.across).astype(np.int32, order="C"),
        tone=np.ascontiguousarray(tone(collage)),
    )
