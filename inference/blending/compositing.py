"""Composites the photo bit for bit into an image that an engine painted, and hides the seam.

The engine's rendering of the kept area differs from the photo in colour, in sharpness and sometimes in position. The
difference is known there, so three corrections of the new part follow from it while the photo stays unchanged:
registration (`registration.py`), gain and offset per channel (here), and the membrane (`membrane.py`).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.blending import membrane
from inference.blending.recolouring import recoloured
from inference.blending.registration import registered
from inference.canvas import Extent, Margins
from inference.engine import Pixels
from inference.image.bands import ends, grown, inwards, outwards

BAND: Final = 64  # px; depth of the photo along each seam on which gain and offset are fitted
GAINS: Final = (0.7, 1.4)
SHIFT: Final = 64.0  # grey levels by which the mean may move, so that an engine that ignored the photo stays visible
PRIOR: Final = 4.0  # grey levels squared, added to both moments, which pulls the gain of a flat band towards 1


def compose(generated: Pixels, photo: Pixels, margins: Margins, *, register: bool = False) -> Pixels:
    """Return a canvas with the photo's own pixels in place and the generated pixels fitted to them around it.

    `generated`, which is not modified, and the result are (height, width, 3) of the canvas. `register` is for engines
    that render the whole image again and therefore shift, zoom and recolour it. Raises ValueError when the sizes do not
    match.
    """
    extent, box = Extent.of(generated), margins.box(Extent.of(photo))
    if extent != margins.canvas(box.extent):
        raise ValueError(f"the picture is {tuple(extent)}, the canvas {tuple(margins.canvas(box.extent))}")
    if register:
        generated = recoloured(registered(generated, photo, margins), photo, margins)
    tone = _tone(generated, photo, margins)
    veil = membrane.coarse(generated, photo, margins, tone)
    canvas = np.empty_like(generated)
    for area in box.around(extent):
        canvas[area.slices] = _corrected(generated[area.slices], tone, veil[area.slices])
    for side in grown(margins):
        line = _corrected(inwards(generated, margins, side, 1), tone, inwards(veil, margins, side, 1))
        difference = inwards(photo, Margins(), side, 1)[:, 0].astype(np.float32) - line[:, 0]
        membrane.add_fine(outwards(canvas, margins, side, membrane.REACH), difference, ends(margins, side))
    canvas[box.slices] = photo
    return canvas


def _corrected(part: Pixels, tone: Pixels, veil: Pixels) -> Pixels:
    if not part.size:
        return part
    toned = cv2.LUT(np.ascontiguousarray(part), tone)
    return np.asarray(cv2.addWeighted(toned, 1, np.ascontiguousarray(veil), 1, -membrane.ZERO), np.uint8)


def _tone(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Return the (1, 256, 3) curve per channel that fits the generated image to the photo along the seams."""
    pairs = [
        (inwards(generated, margins, side, BAND)[::2, ::2], inwards(photo, Margins(), side, BAND)[::2, ::2])
        for side in grown(margins)
    ]
    levels = np.arange(256)
    curve = np.tile(levels.astype(np.uint8)[None, :, None], (1, 1, 3))
    for channel in range(3) if pairs else ():
        painted, true = (
            np.concatenate([band[..., channel].ravel() for band in bands]) for bands in zip(*pairs, strict=True)
        )
        gain, offset = _line_through(painted.astype(np.float32), true.astype(np.float32))
        curve[0, :, channel] = np.rint(gain * levels + offset).clip(0, 255)
    return curve


def _line_through(x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[float, float]:
    """Fit gain and offset by least squares.

    The fit is repeated twice without outliers beyond three median errors and without values at black or white.
    """
    seen = (y > 2) & (y < 253)
    gain, offset, kept = 1.0, 0.0, seen
    for _ in range(3):
        if not kept.any():
            break
        mean_x, mean_y = float(x[kept].mean()), float(y[kept].mean())
        variance = float(((x[kept] - mean_x) ** 2).mean())
        covariance = float(((x[kept] - mean_x) * (y[kept] - mean_y)).mean())
        gain = float(np.clip((covariance + PRIOR) / (variance + PRIOR), *GAINS))
        offset = mean_x + float(np.clip(mean_y - mean_x, -SHIFT, SHIFT)) - gain * mean_x
        error = np.abs(gain * x + offset - y)
        kept = seen & (error < 3 * np.median(error) + 2)
    return gain, offset
