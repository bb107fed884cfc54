"""Screenshots and pages of text, drawn here as programs draw them, and photos that are none."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.canvas import Extent, Margins
from inference.engine import Pixels, Request, Style, ignore
from inference.growth import Direction, scaled
from inference.image.codec import decode
from inference.patchmatch.engine import PatchMatch
from inference.patchmatch.screenshot import continued, is_screenshot

SAMPLES = Path(__file__).parents[3] / "bot" / "playground" / "samples"
BAR, PAPER, INK = (30, 60, 110), (250, 250, 250), (20, 20, 20)


@lru_cache
def page(bar: bool = True, first: int = 40) -> Pixels:
    """A window with a title bar above lines of text that begin at the column `first`."""
    picture = np.full((300, 420, 3), PAPER, np.uint8)
    for row in range(70, 280, 22):
        cv2.putText(picture, "lorem ipsum dolor sit", (first, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK)
    if bar:
        picture[:40] = BAR
        cv2.putText(picture, "News", (first, 26), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255))
    return picture


def compressed(picture: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return decode(bytes(data))


@pytest.mark.parametrize("bar", [True, False])
@pytest.mark.parametrize("quality", [100, 85, 70])
def test_a_screenshot_is_recognised_after_compression(bar: bool, quality: int) -> None:
    picture = compressed(page(bar), quality)
    assert is_screenshot(picture, scaled(Extent.of(picture), Direction.ALL, 1.5))


@lru_cache(1)
def sizes_of(name: str) -> list[Pixels]:
    """Return a sample photo at its own size and scaled down."""
    photo = decode((SAMPLES / f"{name}.jpg").read_bytes())
    factors = [min(1.0, longest / max(photo.shape)) for longest in (320, 640, 1024)]
    scaled_down = [cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) for factor in factors]
    return [photo, *(np.asarray(small, np.uint8) for small in scaled_down)]


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.jpg")))
def test_no_photo_is_taken_for_one(name: str, direction: Direction) -> None:
    for small in sizes_of(name):
        assert not is_screenshot(small, scaled(Extent.of(small), direction, 1.5))


def test_text_that_the_frame_cuts_is_continued_as_in_a_photo() -> None:
    cut = page(first=-6)
    assert not is_screenshot(cut, Margins(left=80))
    assert is_screenshot(cut, Margins(bottom=80))


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 2)])
def test_the_smallest_pictures_are_none(size: tuple[int, int]) -> None:
    assert not is_screenshot(np.zeros((*size, 3), np.uint8), Margins(2, 2, 2, 2))


def test_its_bars_go_on_and_no_letter_is_copied() -> None:
    margins = Margins(60, 50, 70, 80)
    canvas = PatchMatch().expand(Request(page(), margins, Style.FAITHFUL), ignore).pixels
    assert np.array_equal(canvas[50:350, 60:480], page())
    assert np.array_equal(canvas, continued(page(), margins))
    for new in (canvas[:90, :60], canvas[:50], canvas[:90, 480:]):
        assert (new == BAR).all()
    for new in (canvas[90:, :60], canvas[350:], canvas[90:, 480:]):
        assert (new == PAPER).all()
