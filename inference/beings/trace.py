"""Records which pixels of a canvas beings have changed, without a second copy of the whole canvas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from inference.canvas import Box, Extent
from inference.engine import Pixels


class Trace:
    """The changed pixels of one canvas. Only what is painted on takes memory."""

    def __init__(self, canvas: Pixels) -> None:
        self._canvas = canvas
        self._changed = np.zeros(canvas.shape[:2], np.bool_)  # pages of zeros are mapped when they are first written

    @contextmanager
    def within(self, box: Box) -> Iterator[None]:
        """Record what the body of the with statement changes in a box of the canvas, which may exceed it."""
        part = (box & Extent.of(self._canvas).box).slices
        before = self._canvas[part].copy()
        yield
        differs = before != self._canvas[part]
        self._changed[part] |= differs[..., 0] | differs[..., 1] | differs[..., 2]

    def count(self, outside: Box) -> int:
        """Return the number of changed pixels outside a box."""
        return int(np.count_nonzero(self._changed)) - int(np.count_nonzero(self._changed[outside.slices]))
