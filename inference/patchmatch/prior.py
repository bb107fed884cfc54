"""Prior costs, before patches are compared: a scene has a vertical order, and its subject is in the middle.

A seed bends the preferred source rows smoothly, and more with the distance from the photo. So horizons rise and fall,
and a reroll is another layout of the same scene.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels
from inference.patchmatch.patch import NEVER, SAMPLES, SIZE, Floats
from inference.patchmatch.pyramid import Atlas, Level
from inference.patchmatch.style import StyleSettings

Energy = NDArray[np.float32]

RAMP = 0.3  # distance from the photo at which the bend is complete, as a share of its shorter side
GRID = (4, 5)  # rows and columns of the bend's random heights over the canvas


def wanted_row(level: Level, away: Floats, settings: StyleSettings, seed: int) -> Floats:
    """Return the preferred source row of every pixel, (height, width) of the canvas.

    Without the bend, it is the row that a scene with constant rows would have.
    """
    last = level.photo.height - 1
    row = np.arange(level.canvas.height, dtype=np.float32)[:, None] - level.margins.top
    random = np.random.default_rng([seed, 1])
    heights = (random.uniform(0.4, 1, GRID) * random.choice((-1, 1), GRID)).astype(np.float32)
    bend = cv2.resize(heights, level.canvas, interpolation=cv2.INTER_CUBIC)
    bend *= settings.bend * level.photo.height * np.minimum(away / (RAMP * min(level.photo)), 1)
    # above and below the photo there are no source rows, so the bend may only lead back into it
    inside = np.clip(row, 0, last)
    return np.asarray(
        np.clip(inside + np.where(row < 0, np.abs(bend), np.where(row > last, -np.abs(bend), bend)), 0, last),
        np.float32,
    )


def dislike(atlas: Atlas, level: Level, settings: StyleSettings, salience: Floats) -> Floats:
    """Return the fixed cost per channel of each source, (height, width) of the atlas; NEVER where no patch fits.

    `salience` says how far each part of the photo, in any size, is something that should not be seen twice.
    """
    cost = np.zeros(atlas.valid.shape, np.float32)
    for page, first in zip(settings.pages, atlas.first, strict=True):
        width, height = page.extent(level.photo)
        across, down = (np.sin(np.pi * (np.arange(side) + 0.5) / side) for side in (width, height))
        here = settings.central * np.outer(down, across) + (settings.mirrored if page.mirrored else 0)
        turned = salience[:: -1 if page.upturned else 1, :: -1 if page.mirrored else 1]
        here += settings.salient * cv2.resize(
            np.ascontiguousarray(turned), (width, height), interpolation=cv2.INTER_AREA
        )
        cost[:height, first : first + width] = here
    return np.where(atlas.valid, np.minimum(cost, NEVER // SAMPLES // 2), NEVER).astype(np.float32)


def energy(pixels: Pixels) -> Energy:
    """Return the (height, width) mean absolute gradient of the luminance over a patch, in grey levels."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    return cast(Energy, cv2.blur(np.abs(across) + np.abs(down), (SIZE, SIZE)))


def carried_outwards(inside: Energy, level: Level) -> Energy:
    """Return the energy of the photo's edge, replicated over the canvas and blurred."""
    margins = level.margins
    canvas = cv2.copyMakeBorder(inside, margins.top, margins.bottom, margins.left, margins.right, cv2.BORDER_REPLICATE)
    return cast(Energy, cv2.GaussianBlur(canvas, (0, 0), max(level.canvas) / 40))
