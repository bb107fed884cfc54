"""The visible label stands in new pixels, is large enough, and gives up where it has no room."""

from __future__ import annotations

import numpy as np
import pytest

from inference.canvas import Extent, Margins
from inference.marks.corner import draw_label, label_box
from tests.support.films import sample


@pytest.mark.parametrize(
    ("margins", "has_room"),
    [
        (Margins(60, 60, 60, 60), True),
        (Margins(0, 0, 120, 0), True),
        (Margins(120, 0, 0, 0), True),
        (Margins(0, 60, 0, 0), True),
        (Margins(0, 0, 0, 60), True),
        (Margins(8, 8, 8, 8), False),
        (Margins(), False),
    ],
)
def test_the_label_is_in_new_pixels_or_nowhere(margins: Margins, has_room: bool) -> None:
    canvas = sample("coffee", 480, 320).copy()
    plain, inside = canvas.copy(), margins.inner(Extent.of(canvas))
    assert draw_label(canvas, margins) == has_room
    assert np.array_equal(canvas[inside.slices], plain[inside.slices])
    changed = (canvas != plain).any(axis=2)
    assert changed.any() == has_room
    if has_room:
        box = label_box(Extent(480, 320), inside)
        assert box is not None
        assert box.height >= 0.05 * 320
        outside = changed.copy()
        outside[(box.padded(12) & Extent(480, 320).box).slices] = False
        assert not outside.any()
        assert canvas[box.slices].max() > 230
