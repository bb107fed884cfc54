"""Hides the seam on the generated side, where the photo's edge differs from what the new neighbours continue to.

The step is split into bands of wavelengths along the seam. Each band extends into the new part and fades over its own
length, as a membrane does.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from inference.engine import Pixels
from inference.patchmatch.kernel import kernel
from inference.patchmatch.patch import CHANNELS, Floats
from inference.patchmatch.transfer import Place, Sources, byte, take

WAVELENGTHS = (1.5, 3, 6, 12, 24, 48, 96)
LARGEST_STEP = 48.0  # grey levels; a larger step is content, not tone
FADED = 3.5  # wavelengths after which a band is no longer added


class Correction(NamedTuple):
    """The colour step along the seam, split by wavelength."""

    step: Floats  # (bands, 2 * width + 2 * height, 3): top, bottom, left, right
    fading: Floats  # (bands, distances): the remaining share of a band by distance from the photo in px


def correction(sources: Sources) -> Correction:
    """Measure the correction for wavelengths up to a few work pixels. The tone corrects the longer ones."""
    photo, place = sources.photo, sources.place
    height, width = photo.shape[0], photo.shape[1] // CHANNELS
    step = np.zeros((2 * (width + height), 3), np.float32)
    measure(sources, step)
    longest = 3 / min(place.down, place.across)
    reach = np.array([length for length in WAVELENGTHS if length <= max(longest, 3)], np.float32)
    sides = np.split(np.clip(step, -LARGEST_STEP, LARGEST_STEP), np.cumsum([width, width, height]))
    lengths = (np.arange(int(FADED * reach[-1]) + 2) - 1) / reach[:, None]
    fading = np.where(lengths < FADED, np.exp(-lengths), 0).astype(np.float32)
    return Correction(np.concatenate([_bands(side, reach) for side in sides], axis=1), fading)


def _bands(side: Floats, reach: Floats) -> Floats:
    """Split (length, 3) into (bands, length, 3), shortest wavelength first. The sum of the bands is the step."""
    smooth = [side] + [
        cv2.GaussianBlur(side[None], (0, 0), sigmaX=0.7 * float(length), sigmaY=0.1, borderType=cv2.BORDER_REPLICATE)[0]
        for length in reach[1:]
    ]
    coarser = [*smooth[1:], np.zeros_like(side)]
    return np.stack([fine - coarse for fine, coarse in zip(smooth, coarser, strict=True)])


@kernel
def measure(sources: Sources, step: Floats) -> None:
    """Write the step to `step`, in the order top, bottom, left, right.

    The step is the photo's edge pixels minus the continuation of the neighbouring new pixels' sources.
    """
    photo, offsets, pages, place = sources.photo, sources.offsets, sources.pages, sources.place
    height, width = photo.shape[0], photo.shape[1] // CHANNELS
    seen = np.empty(CHANNELS, np.uint8)
    work_height, work_width = offsets.page.shape
    for nth in range(step.shape[0]):
        if nth < 2 * width:
            y, x = (0 if nth < width else height - 1), nth % width
            out_y, out_x = (-1 if nth < width else height), x
        else:
            y, x = (nth - 2 * width) % height, (0 if nth < 2 * width + height else width - 1)
            out_y, out_x = y, (-1 if nth < 2 * width + height else width)
        i = int(np.floor((out_y + 0.5) * place.down)) + place.work_top
        j = int(np.floor((out_x + 0.5) * place.across)) + place.work_left
        if 0 <= i < work_height and 0 <= j < work_width:
            take(photo, pages, offsets.page[i, j], y + offsets.row[i, j], x + offsets.col[i, j], seen, 0, 1)
            for k in range(CHANNELS):
                step[nth, k] = np.float32(photo[y, x * CHANNELS + k]) - seen[k] - offsets.tone[i, j, k]


@kernel
def correct(
    canvas: Pixels, first: int, last: int, place: Place, height: int, width: int, correction: Correction
) -> None:
    """Add the step of the nearest seam pixel to the new pixels of the canvas's rows `first` to `last`.

    `height` and `width` are the photo's. At a corner, both sides are weighted by their distances.
    """
    step, fading = correction.step, correction.fading
    bands, reach = fading.shape
    for row in range(max(first, place.top - reach + 1), min(last, place.top + height + reach - 1)):
        y = row - place.top
        above = -y if y < 0 else max(0, y - height + 1)
        at_row = min(max(y, 0), height - 1)
        for col in range(max(0, place.left - reach + 1), min(canvas.shape[1], place.left + width + reach - 1)):
            x = col - place.left
            beside = -x if x < 0 else max(0, x - width + 1)
            away = int(np.sqrt(np.float32(above * above + beside * beside)) + np.float32(0.5))
            if away == 0 or away >= reach:
                continue
            share = np.float32(above) / np.float32(above + beside)
            at_col = min(max(x, 0), width - 1)
            level = at_col if y < 0 else width + at_col
            upright = 2 * width + at_row if x < 0 else 2 * width + height + at_row
            for k in range(3):
                total = np.float32(canvas[row, col, k])
                for band in range(bands):
                    across = share * step[band, level, k] + (1 - share) * step[band, upright, k]
                    total += fading[band, away] * across
                canvas[row, col, k] = byte(total)
