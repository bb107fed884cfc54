"""Flat borders of photos are detected, without false positives."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.codec import decode
from inference.quality.border import flat_border
from tests.support.photos import SAMPLES


def framed(photo: Pixels, border: Margins, grey: int) -> Pixels:
    sizes = border.top, border.bottom, border.left, border.right
    return np.asarray(cv2.copyMakeBorder(photo, *sizes, cv2.BORDER_CONSTANT, value=(grey, grey, grey)), np.uint8)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.jpg")), ids=lambda path: path.stem)
def test_the_sample_photos_have_none(path: Path) -> None:
    assert flat_border(decode(path.read_bytes())) == Margins()


@pytest.mark.parametrize(
    ("border", "grey"),
    [
        pytest.param(Margins(0, 30, 0, 30), 0, id="bars of a film"),
        pytest.param(Margins(20, 20, 20, 40), 255, id="white frame"),
        pytest.param(Margins(1, 0, 0, 0), 0, id="a dark line"),
        pytest.param(Margins(0, 0, 0, 2), 255, id="a bright line"),
    ],
)
def test_a_border_is_measured_even_through_jpeg(border: Margins, grey: int) -> None:
    photo = framed(decode((SAMPLES / "chelsea.jpg").read_bytes()), border, grey)
    assert flat_border(photo) == border
    _, data = cv2.imencode(".jpg", photo, (cv2.IMWRITE_JPEG_QUALITY, 90))
    found = flat_border(decode(data.tobytes()))
    for side in ("left", "top", "right", "bottom"):
        assert abs(getattr(found, side) - getattr(border, side)) <= 1


def test_a_deep_flat_part_is_scenery() -> None:
    photo = decode((SAMPLES / "chelsea.jpg").read_bytes())
    assert flat_border(framed(photo, Margins(0, photo.shape[0] // 2, 0, 0), 200)) == Margins()


def test_a_flat_photo_has_no_border() -> None:
    assert flat_border(np.full((60, 80, 3), 90, np.uint8)) == Margins()


def test_a_sky_over_a_skyline_is_no_border() -> None:
    photo = np.full((200, 300, 3), 210, np.uint8)
    photo[20:, 100:140] = photo[60:] = 40
    assert flat_border(photo) == Margins()
