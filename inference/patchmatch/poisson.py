"""The screened Poisson equation on the work canvas, by multigrid.

Solves for a correction d of the new pixels: the gradients of (picture + d) shall be the given ones, d is zero inside
the photo, and a screen pulls d back to zero over some distance, so that a wrong gradient does not bleed across the
whole canvas (Pérez, Gangnet, Blake, «Poisson Image Editing», SIGGRAPH 2003; Briggs, Henson, McCormick, «A Multigrid
Tutorial», 2000)."""

from __future__ import annotations

import cv2
import numpy as np

from inference.patchmatch.kernel import kernel
from inference.patchmatch.patch import Flags, Floats

CYCLES = 2
SWEEPS = 2  # of smoothing, before and after a coarser grid's correction
SMALLEST = 8  # pixels of a side that are not halved any more


def solve(load: Floats, new: Flags, screen: Floats) -> Floats:
    """(height, width, 3) d with  neighbours * d - (sum of the neighbours' d) + screen * d = load  on new pixels, 0
    elsewhere.

    `screen` ((height, width)) is one over the squared distance in pixels over which d fades."""
    correction = np.zeros_like(load)
    for _ in range(CYCLES):
        _cycle(correction, load, new, screen)
    return correction


def _cycle(correction: Floats, load: Floats, new: Flags, screen: Floats) -> None:
    """One V-cycle, in place."""
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
    """Gauss-Seidel, red and black pixels in turn."""
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
    """Sum four pixels into one; it is new if all of them are. `new_coarse` starts all true, the other two all zero."""
    height, width = new.shape
    for y in range(height):
        for x in range(width):
            screen_coarse[y // 2, x // 2] += screen[y, x]
            if new[y, x]:
                for k in range(3):
                    coarse[y // 2, x // 2, k] += fine[y, x, k]
            else:
                new_coarse[y // 2, x // 2] = False
