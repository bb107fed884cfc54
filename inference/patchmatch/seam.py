"""Making the seam vanish on the generated side: what the photo's edge says is different from what its neighbours continue to.

The step is split into wavelengths along the seam; each band is carried into the new part and fades over its own length, as a
membrane would let it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent
from inference.engine import Pixels
from inference.patchmatch.kernel import kernel
from inference.patchmatch.transfer import Correction, Offsets, Pages, Place, read

WAVELENGTHS = (1.5, 3, 6, 12, 24, 48, 96, 192, 384)
LARGEST_STEP = 48.0  # grey levels: a larger step is content, not tone


def correction(photo: Pixels, canvas: Extent, offsets: Offsets, pages: Pages, place: Place) -> Correction:
    height, width = photo.shape[:2]
    step = np.zeros((2 * (width + height), 3), np.float32)
    measure(photo, offsets, pages, place, step)
    longest = max(3.0, 0.04 * max(canvas))
    reach = np.array([length for length in WAVELENGTHS if length <= longest], np.float32)
    sides = np.split(np.clip(step, -LARGEST_STEP, LARGEST_STEP), np.cumsum([width, width, height]))
    return Correction(np.concatenate([_bands(side, reach) for side in sides], axis=1), reach)


def _bands(side: NDArray[np.float32], reach: NDArray[np.float32]) -> NDArray[np.float32]:
    """(length, 3) to (bands, length, 3), shortest wavelength first; the bands add up to the step."""
    smooth = [side] + [
        cv2.GaussianBlur(side[None], (0, 0), sigmaX=0.7 * float(length), sigmaY=0.1, borderType=cv2.BORDER_REPLICATE)[0]
        for length in reach[1:]
    ]
    coarser = [*smooth[1:], np.zeros_like(side)]
    return np.stack([fine - coarse for fine, coarse in zip(smooth, coarser, strict=True)])


@kernel
def measure(photo, offsets, pages, place, step):  # type: ignore[no-untyped-def]
    """The photo's edge pixels minus what the neighbouring new pixels' sources continue to; top, bottom, left, right."""
    height, width = photo.shape[:2]
    work_height, work_width = offsets.page.shape
    one = np.zeros(3, np.float32)
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
            read(photo, pages, offsets.page[i, j], y + offsets.row[i, j], x + offsets.col[i, j], one)
            for k in range(3):
                step[nth, k] = photo[y, x, k] - one[k] - offsets.tone[i, j, k]
