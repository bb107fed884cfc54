"""The visible label: «AI生成» in a corner of the new pixels, never over the photo.

GB 45438-2025, section 4.2: the text is at least 5 % as high as the shorter side of the picture.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Box, Extent, Margins
from inference.engine import Pixels

HEIGHT: Final = 0.055  # of the text, as a part of the shorter side; a little more than the standard asks for
SPACE: Final = 0.35  # around it, as a part of its height
SMALLEST: Final = 12  # px


def label_box(canvas: Extent, photo: Box) -> Box | None:
    """Return where the label goes: the first free corner, from the bottom right on. None where it has no room."""
    height = max(SMALLEST, -(-min(canvas) * HEIGHT // 1))
    space = int(height * SPACE) + 1
    size = Extent(round(height * _letters().shape[1] / _letters().shape[0]), int(height))
    right, bottom = canvas.width - space - size.width, canvas.height - space - size.height
    for left, top in ((right, bottom), (space, bottom), (right, space), (space, space)):
        box = Box(left, top, left + size.width, top + size.height)
        wide = box.padded(space)
        if wide & canvas.box == wide and (wide & photo).empty:
            return box
    return None


def draw_label(canvas: Pixels, margins: Margins) -> bool:
    """Draw the label into a canvas, in place. Returns False, and draws nothing, where it has no room."""
    extent = Extent.of(canvas)
    box = label_box(extent, margins.inner(extent))
    if box is None:
        return False
    edge = max(1, box.height // 12)
    wide = box.padded(2 * edge)
    letters = np.zeros((wide.height, wide.width), np.float32)
    letters[box.inside(wide).slices] = cv2.resize(_letters(), box.extent, interpolation=cv2.INTER_AREA) / 255
    around = cv2.dilate(letters, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * edge + 1,) * 2))
    under = cv2.GaussianBlur(around, (0, 0), edge / 2)[..., None] * 0.75
    view = canvas[wide.slices]
    dark = view * (1 - under) + 20 * under
    view[:] = np.rint(dark * (1 - letters[..., None]) + 245 * letters[..., None]).clip(0, 255)
    return True


@cache
def _letters() -> NDArray[np.uint8]:
    """Return the opacity of the letters."""
    path = Path(__file__).parent / "label.png"
    drawn = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert drawn is not None
    return np.asarray(drawn, np.uint8)
