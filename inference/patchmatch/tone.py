"""Corrects the tone of the new part, so that copied regions form one smooth image.

Copies keep their source's brightness, which causes bands in a sky and a step at the photo's edge. So the gradients are
taken from the copies, and the photo is the boundary condition. Where copies meet, the gradient is the mean of their
continuations. Steps then spread over the regions instead of remaining at their borders (Pérez et al. 2003; Darabi et
al., «Image Melding», 2012, have the same idea per patch).
"""

from __future__ import annotations

import cv2
import numpy as np

from inference.engine import Pixels
from inference.patchmatch.kernel import kernel
from inference.patchmatch.patch import Flags, Floats, Ints
from inference.patchmatch.prior import energy
from inference.patchmatch.synthesis import Collage

CYCLES = 2
SWEEPS = 2  # smoothing sweeps before and after a coarser grid's correction
SMALLEST = 8  # pixels; a grid with a shorter side is not halved further

REACH = 12.0  # work pixels over which a wrong gradient spreads where the image is as busy as BUSY
BUSY = 6.0  # grey levels of mean gradient
FARTHEST = 96.0  # work pixels over which it spreads in a clear sky


def tone(collage: Collage) -> Floats:
    """Return the (height, width, 3) correction to add to the copied image; it is zero inside the photo."""
    load = np.zeros(collage.pixels.shape, np.float32)
    atlas = collage.atlas
    weigh(collage.pixels, atlas.pixels, atlas.bottom, atlas.page, collage.row, collage.col, collage.new, load)
    copied = atlas.pixels[collage.row, collage.col]
    return collage.pixels + solve(load, collage.new, reach(collage.pixels) ** -2) - copied


def reach(pixels: Pixels) -> Floats:
    """Return the (height, width) distances, in work pixels, over which a gradient may spread.

    The distance is large in smooth areas, where no texture hides a step.
    """
    return np.asarray(np.clip(REACH * BUSY / (energy(pixels) + 0.1), REACH, FARTHEST), np.float32)


@kernel
def weigh(
    voted: Pixels,
    source: Pixels,
    bottom: Ints,
    page: Ints,
    row: Ints,
    col: Ints,
    new: Flags,
    load: Floats,
) -> None:
    """Add to `load`, for each new pixel, the sum over its neighbours of the wanted minus the voted difference."""
    height, width = new.shape
    for y in range(height):
        for x in range(width):
            for across in range(2):
                y1, x1 = y + 1 - across, x + across
                if not (y1 < height and x1 < width and (new[y, x] or new[y1, x1])):
                    continue
                row0, col0, row1, col1 = row[y, x], col[y, x], row[y1, x1], col[y1, x1]
                ahead_row, ahead_col, back_row, back_col = row0 + y1 - y, col0 + across, row1 - y1 + y, col1 - across
                ahead = ahead_row < bottom[col0] and ahead_col < page.size and page[ahead_col] == page[col0]
                back = back_row >= 0 and back_col >= 0 and page[back_col] == page[col1]
                for k in range(3):
                    wanted = np.float32(0)
                    if ahead:
                        wanted += np.float32(source[ahead_row, ahead_col, k]) - np.float32(source[row0, col0, k])
                    if back:
                        wanted += np.float32(source[row1, col1, k]) - np.float32(source[back_row, back_col, k])
                    if ahead and back:
                        wanted /= 2
                    excess = wanted - (np.float32(voted[y1, x1, k]) - np.float32(voted[y, x, k]))
                    load[y1, x1, k] += excess
                    load[y, x, k] -= excess


def solve(load: Floats, new: Flags, screen: Floats) -> Floats:
    """Solve  neighbours * d - (sum of the neighbours' d) + screen * d = load  for d on new pixels; d is 0 elsewhere.

    d is (height, width, 3). `screen`, (height, width), is one over the squared distance in pixels over which d fades.
    """
    correction = np.zeros_like(load)
    for _ in range(CYCLES):
        _cycle(correction, load, new, screen)
    return correction


def _cycle(correction: Floats, load: Floats, new: Flags, screen: Floats) -> None:
    """Run one multigrid V-cycle in place."""
    height, width = new.shape
    smallest = min(height, width) <= SMALLEST
    smooth(correction, load, new, screen, 8 * SWEEPS if smallest else SWEEPS)
    if smallest:
        return
    left = np.zeros_like(load)
    residual(correction, load, new, screen, left)
    half = (height + 1) // 2, (width + 1) // 2
    load_half, screen_half, new_half = (
        np.zeros((*half, 3), np.float32),
        np.zeros(half, np.float32),
        np.ones(half, np.bool_),
    )
    restrict(left, screen, new, load_half, screen_half, new_half)
    coarse = np.zeros_like(load_half)
    _cycle(coarse, load_half, new_half, screen_half)
    fine = cv2.resize(coarse, (2 * half[1], 2 * half[0]), interpolation=cv2.INTER_LINEAR)[:height, :width]
    correction += np.where(new[..., None], fine, np.float32(0))
    smooth(correction, load, new, screen, SWEEPS)


@kernel
def smooth(correction: Floats, load: Floats, new: Flags, screen: Floats, sweeps: int) -> None:
    """Run Gauss-Seidel sweeps in place, red and black pixels in turn."""
    height, width = new.shape
    for half_sweep in range(2 * sweeps):
        for y in range(height):
            for x in range((y + half_sweep) & 1, width, 2):
                if not new[y, x]:
                    continue
                up, down, left, right = y > 0, y < height - 1, x > 0, x < width - 1
                share = np.float32(1) / (screen[y, x] + up + down + left + right)
                for k in range(3):
                    total = load[y, x, k]
                    if up:
                        total += correction[y - 1, x, k]
                    if down:
                        total += correction[y + 1, x, k]
                    if left:
                        total += correction[y, x - 1, k]
                    if right:
                        total += correction[y, x + 1, k]
                    correction[y, x, k] = total * share


@kernel
def residual(correction: Floats, load: Floats, new: Flags, screen: Floats, left_over: Floats) -> None:
    """Write the residual of `solve`'s equation on new pixels to `left_over`."""
    height, width = new.shape
    for y in range(height):
        for x in range(width):
            if not new[y, x]:
                continue
            up, down, left, right = y > 0, y < height - 1, x > 0, x < width - 1
            diagonal = screen[y, x] + up + down + left + right
            for k in range(3):
                total = load[y, x, k] - diagonal * correction[y, x, k]
                if up:
                    total += correction[y - 1, x, k]
                if down:
                    total += correction[y + 1, x, k]
                if left:
                    total += correction[y, x - 1, k]
                if right:
                    total += correction[y, x + 1, k]
                left_over[y, x, k] = total


@kernel
def restrict(
    fine: Floats, screen: Floats, new: Flags, coarse: Floats, screen_coarse: Floats, new_coarse: Flags
) -> None:
    """Sum four pixels into one, which is new if all four are.

    `new_coarse` must be all true at the start, and the other two outputs all zero.
    """
    height, width = new.shape
    for y in range(height):
        for x in range(width):
            screen_coarse[y // 2, x // 2] += screen[y, x]
            if new[y, x]:
                for k in range(3):
                    coarse[y // 2, x // 2, k] += fine[y, x, k]
            else:
                new_coarse[y // 2, x // 2] = False
