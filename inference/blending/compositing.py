"""Putting the photo into a picture that an engine painted whole: the photo bit for bit, the seam gone beside it.

What an engine made of the kept area differs from the photo in colour, in sharpness, sometimes in place. There the
difference is known, and three corrections of the new part follow from it, while the photo stays as it is:
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

BAND: Final = 64  # px of the photo along each seam, on which gain and offset are fitted
GAINS: Final = (0.7, 1.4)
SHIFT: Final = 64.0  # grey levels by which the mean may move: an engine that ignored the photo should still show
PRIOR: Final = 4.0  # grey levels squared, added to both moments: pulls the gain of a flat band towards 1


def compose(generated: Pixels, photo: Pixels, margins: Margins, *, register: bool = False) -> Pixels:
    """A canvas with the photo's very pixels in their place and the generated ones around, fitted to them.

    `generated`, which is left as it is, and the result are (height, width, 3) of the canvas. `register` is for engines
    that draw the whole picture anew: they shift, zoom and recolour it. Raises ValueError when the sizes do not agree.
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
    """(1, 256, 3): the curve per channel that makes the generated picture agree with the photo along the seams."""
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
    """Gain and offset by least squares; twice again without what lies three median errors off, or at black or white."""
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
