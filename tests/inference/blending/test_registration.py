"""Registration aligns a painted picture with the photo if it was painted shifted or scaled."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.blending.recolouring import recoloured
from inference.blending.registration import registered
from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.codec import decode

SAMPLES = Path(__file__).parents[3] / "bot" / "playground" / "samples"
MARGINS = Margins(60, 40, 80, 50)


def canvas(name: str = "coffee", longest: int = 600) -> Pixels:
    picture = decode((SAMPLES / f"{name}.jpg").read_bytes())
    scale = longest / max(picture.shape)
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def photo_in(whole: Pixels) -> Pixels:
    height, width = whole.shape[:2]
    return np.ascontiguousarray(whole[MARGINS.top : height - MARGINS.bottom, MARGINS.left : width - MARGINS.right])


def displaced(whole: Pixels, zoom: float, right: float, turn: float = 0.0) -> Pixels:
    height, width = whole.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom)
    matrix[0, 2] += right
    moved = cv2.warpAffine(whole, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.uint8)


def error(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(int) - other)[24:-24, 24:-24].mean())


@pytest.mark.parametrize("name", ["coffee", "chelsea"])
@pytest.mark.parametrize(
    ("zoom", "right", "turn"),
    [(1.0, 3.3, 0.0), (1.01, 2.0, 0.0), (0.98, -2.0, 0.0), (1.03, 0.0, 0.0), (1.0, 0.0, 0.5)],
    ids=["shift", "zoom and shift", "smaller", "larger", "turn"],
)
def test_what_an_edit_model_displaced_is_put_back(name: str, zoom: float, right: float, turn: float) -> None:
    """A sixth of the error remains, due to two interpolations. Correcting only the shift leaves most of it."""
    whole = canvas(name)
    moved = displaced(whole, zoom, right, turn)
    again = registered(moved, photo_in(whole), MARGINS)
    assert error(again, whole) < error(moved, whole) / 4
    assert error(again, whole) < 2.0


def test_another_picture_is_left_where_it_is() -> None:
    whole = canvas("coffee")
    other = np.asarray(cv2.resize(canvas("chelsea"), whole.shape[1::-1]), np.uint8)
    assert registered(other, photo_in(whole), MARGINS) is other


def test_a_picture_in_its_place_is_left_there() -> None:
    whole = canvas("coffee")
    assert registered(whole, photo_in(whole), MARGINS) is whole


def test_a_gain_of_saturation_is_taken_back() -> None:
    whole = canvas("coffee")
    grey = whole.mean(axis=2, keepdims=True)
    vivid = np.clip(grey + (whole - grey) * 1.35 + 6, 0, 255).astype(np.uint8)
    assert error(recoloured(vivid, photo_in(whole), MARGINS), whole) < error(vivid, whole) / 10


def test_a_grey_photo_says_nothing_about_colours() -> None:
    grey = np.repeat(canvas("coffee").mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    painted = grey.copy()
    painted[:, : MARGINS.left] = (200, 40, 40)
    assert error(recoloured(painted, photo_in(grey), MARGINS), painted) < 1.0
