"""The membrane hides the seam: it extends the difference at the seam into the new part as a harmonic function.

This equals the correction of Poisson image editing on the pasted side (Pérez, Gangnet and Blake, SIGGRAPH 2003), in the
form of an interpolation of the border difference (Farbman et al., «Coordinates for Instant Image Cloning», SIGGRAPH
2009). A harmonic function is smooth away from its border, so it is computed in two parts. The first is a coarse grid,
filled by pull-push (Gortler et al., «The Lumigraph», SIGGRAPH 1996, section 3.4.2). The second is the area within some
pixels of the seam. There, a ripple of wave number k along a straight border decays as exp(-k distance), which is
computed per octave of wavelength.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.bands import grown, inwards

ZERO: Final = 128  # the byte that stands for a difference of 0 in a veil
STRONGEST: Final = 48  # grey levels; the limit keeps the output of an engine that ignored the photo from being smeared
GRID: Final = 512  # maximum number of cells along the longer side
SMALLEST_CELL: Final = 4  # px
DEPTH: Final = 2  # cells of the photo along a seam that define the border difference
SIGMAS: Final = (
    1.0,
    2.0,
    4.0,
    8.0,
    16.0,
)  # px along the seam: standard deviations that separate the octaves of ripples
REACHES: Final = (0.57, *(2.0**0.5 * sigma for sigma in SIGMAS[:-1]))  # px in which each octave decays to 1/e
REACH: Final = 46  # px after which the widest octave is below a fiftieth

Field = NDArray[np.float32]


def coarse(generated: Pixels, photo: Pixels, margins: Margins, tone: Pixels) -> Pixels:
    """Return the coarse correction of the toned image, (height, width, 3) of the canvas, stored around ZERO.

    It is accurate to about a cell.
    """
    height, width = generated.shape[:2]
    cell = max(SMALLEST_CELL, -(-max(height, width) // GRID))
    cells = Margins(*(-(-side // cell) for side in (margins.left, margins.top, margins.right, margins.bottom)))
    kept = -(-photo.shape[0] // cell), -(-photo.shape[1] // cell)
    shape = cells.top + kept[0] + cells.bottom, cells.left + kept[1] + cells.right
    field, known = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    for side in grown(margins):
        toned = cv2.LUT(np.ascontiguousarray(inwards(generated, margins, side, DEPTH * cell)), tone)
        difference = inwards(photo, Margins(), side, DEPTH * cell).astype(np.float32) - toned
        inwards(field, cells, side, DEPTH)[:] = _averaged(difference, inwards(known, cells, side, DEPTH).shape)
        inwards(known, cells, side, DEPTH)[:] = 1
    small = np.rint(_filled(field, known).clip(-STRONGEST, STRONGEST) + ZERO).astype(np.uint8)
    veil = np.asarray(cv2.resize(small, (shape[1] * cell, shape[0] * cell), interpolation=cv2.INTER_LINEAR), np.uint8)
    left, top = cells.left * cell - margins.left, cells.top * cell - margins.top
    return veil[top : top + height, left : left + width]


def add_fine(new: Pixels, difference: Field, ends: tuple[int, int]) -> None:
    """Add the ripples of the remaining (length, 3) difference at a seam to `new`, (length, depth, 3) outwards from it.

    The ripples fade towards an end that has new pixels beyond it, because the next side continues there.
    """
    ripples: Field = difference.clip(-STRONGEST, STRONGEST) * _faded(len(difference), ends)[:, None]
    away = np.arange(1, new.shape[1] + 1, dtype=np.float32)
    added = np.zeros(new.shape, np.float32)
    for sigma, reach in zip(SIGMAS, REACHES, strict=True):
        wider = np.asarray(cv2.GaussianBlur(ripples[:, None], (1, 0), sigmaX=1, sigmaY=sigma), np.float32)[:, 0]
        added += (ripples - wider)[:, None] * np.exp(-away / reach)[:, None]
        ripples = wider
    new[:] = np.rint(new + added).clip(0, 255)


def _faded(length: int, ends: tuple[int, int]) -> Field:
    ramp = np.linspace(0, 1, 17, dtype=np.float32)[1:]
    weights = np.ones(length, np.float32)
    taper = min(len(ramp), length)
    if ends[0]:
        weights[:taper] = ramp[:taper]
    if ends[1]:
        weights[length - taper :] *= ramp[:taper][::-1]
    return weights


def _averaged(difference: Field, shape: tuple[int, ...]) -> Field:
    """Return means over cells; the last cells may extend beyond the end."""
    mean = cv2.resize(difference, shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(mean, np.float32).reshape(*shape[:2], 3)


def _filled(field: Field, known: Field) -> Field:
    """Return the field with its unknown cells interpolated.

    It is smoothed lightly, first among the known cells and then everywhere.
    """
    weight = cv2.GaussianBlur(known, (0, 0), 1)[..., None]
    smooth = np.where(known[..., None] > 0, cv2.GaussianBlur(field, (0, 0), 1) / np.maximum(weight, 1e-6), 0)
    return np.asarray(cv2.GaussianBlur(_pull_push(smooth.astype(np.float32), known), (0, 0), 1), np.float32)


def _pull_push(field: Field, weight: Field) -> Field:
    """Fill unknown cells from coarser and coarser grids. `field` is premultiplied by `weight`, 0 to 1."""
    height, width = weight.shape
    if min(height, width) == 1:
        mean = field.sum((0, 1)) / max(float(weight.sum()), 1e-6)
        return np.asarray(field + mean * (1 - weight)[..., None], np.float32)
    padding = ((0, height % 2), (0, width % 2))
    sums, weights = _in_fours(np.pad(field, (*padding, (0, 0)))), _in_fours(np.pad(weight, padding))
    full: Field = np.maximum(weights, np.float32(1))
    wide = _pull_push(sums / full[..., None], weights / full)
    back = cv2.resize(wide, (width + width % 2, height + height % 2), interpolation=cv2.INTER_LINEAR)[:height, :width]
    return np.asarray(field + back * (1 - weight)[..., None], np.float32)


def _in_fours(field: Field) -> Field:
    """Return the sums of two by two cells."""
    return np.asarray(field[::2, ::2] + field[1::2, ::2] + field[::2, 1::2] + field[1::2, 1::2], np.float32)
