"""The statistical surprise estimate: pictures of known order, any size, and nothing to measure."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from inference.blending.compositing import compose
from inference.canvas import Extent, Margins
from inference.engine import EngineName, Pixels, Request, Style, ignore
from inference.growth import Direction, scaled
from inference.image.codec import decode
from inference.registry import open_engine
from inference.surprise.beings import share_of_beings, with_beings
from inference.surprise.statistics import measure, surprise
from tests.support.photos import SAMPLES

MARGINS = Margins(48, 32, 48, 32)


def sample(name: str, width: int = 288, height: int = 192) -> Pixels:
    picture = decode((SAMPLES / f"{name}.jpg").read_bytes())
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def inside(canvas: Pixels, margins: Margins = MARGINS) -> Pixels:
    height, width = canvas.shape[:2]
    return np.ascontiguousarray(canvas[margins.top : height - margins.bottom, margins.left : width - margins.right])


def painted(photo: Pixels, style: Style) -> Pixels:
    return open_engine(EngineName.PATCHMATCH).expand(Request(photo, MARGINS, style, seed=1), ignore).pixels


def tiled(photo: Pixels) -> Pixels:
    height, width = photo.shape[:2]
    rows, columns = (np.arange(-before, length + after) % length for before, length, after in
                     ((MARGINS.top, height, MARGINS.bottom), (MARGINS.left, width, MARGINS.right)))  # fmt: skip
    return np.ascontiguousarray(photo[np.ix_(rows, columns)])


@pytest.fixture(scope="module")
def scene() -> Pixels:
    return sample("picos")


def test_it_rises_from_the_hidden_border_to_faithful_to_wild_to_another_world(scene: Pixels) -> None:
    photo, other = inside(scene), sample("wine")
    wild = open_engine(EngineName.PATCHMATCH).expand(Request(photo, MARGINS, Style.WILD, seed=1), ignore)
    canvases = [scene, painted(photo, Style.FAITHFUL), wild.pixels, compose(other, photo, MARGINS)]
    guesses = [surprise(photo, canvas, MARGINS) for canvas in canvases]
    guesses[2] = with_beings(guesses[2], share_of_beings(wild.recipe, Style.WILD))
    assert guesses == sorted(guesses)
    assert guesses[0] < 0.35
    assert guesses[-1] > 0.65


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("copied", tiled),
        ("misplaced", lambda photo: with_border(photo, np.roll(sample("picos")[::-1], 40, axis=1))),
        ("foreign", lambda photo: with_border(photo, sample("coffee"))),
        ("broken", lambda photo: with_border(photo, cv2.blur(sample("picos"), (31, 31)))),
        ("faded", lambda photo: with_border(photo, np.full_like(sample("picos"), 128))),
    ],
    ids=["tiles", "upside-down", "another-photo", "a-blur-beside-it", "grey"],
)
def test_each_measure_sees_what_it_is_for(scene: Pixels, name: str, spoil: Callable[[Pixels], Pixels]) -> None:
    photo = inside(scene)
    natural, spoilt = measure(photo, scene, MARGINS), measure(photo, spoil(photo), MARGINS)
    assert natural is not None
    assert spoilt is not None
    assert getattr(spoilt, name) > getattr(natural, name) + 0.2


def with_border(photo: Pixels, canvas: Pixels) -> Pixels:
    canvas = canvas.copy()
    inside(canvas)  # the same shape as the photo, or the next line raises
    height, width = photo.shape[:2]
    canvas[MARGINS.top : MARGINS.top + height, MARGINS.left : MARGINS.left + width] = photo
    return canvas


def test_the_same_canvas_gives_the_same_guess_and_stays_as_it_is(scene: Pixels) -> None:
    photo, before = inside(scene), scene.copy()
    assert surprise(photo, scene, MARGINS) == surprise(photo, scene, MARGINS)
    assert np.array_equal(scene, before)


@pytest.mark.parametrize("factor", [2, 4])
def test_the_guess_is_about_the_picture_and_not_its_size(factor: int) -> None:
    small, large = sample("aitzgorri"), sample("aitzgorri", 288 * factor, 192 * factor)
    margins = Margins(*(factor * margin for margin in (48, 32, 48, 32)))
    assert surprise(inside(large, margins), large, margins) == pytest.approx(
        surprise(inside(small), small, MARGINS), abs=0.15
    )


@pytest.mark.parametrize("direction", Direction)
def test_every_direction_gives_a_guess(direction: Direction, scene: Pixels) -> None:
    margins = scaled(Extent(192, 128), direction, 1.5)
    height, width = 128 + margins.top + margins.bottom, 192 + margins.left + margins.right
    canvas = np.ascontiguousarray(scene[:height, :width])
    assert 0 < surprise(inside(canvas, margins), canvas, margins) < 1


@pytest.mark.parametrize(
    ("width", "height", "margins"),
    [
        (16, 16, Margins(8, 8, 8, 8)),
        (16, 320, Margins(300, 0, 300, 0)),
        (640, 32, Margins(0, 16, 0, 16)),
        (17, 40, Margins(51, 120, 0, 0)),
    ],
    ids=["smallest", "slim", "flat", "fourfold"],
)
@pytest.mark.parametrize("grey", [None, 0, 128], ids=["noise", "black", "grey"])
def test_any_canvas_gives_a_guess(width: int, height: int, margins: Margins, grey: int | None) -> None:
    extent = margins.canvas(Extent(width, height))
    canvas = np.random.default_rng(0).integers(0, 256, (extent.height, extent.width, 3), np.uint8)
    canvas = canvas if grey is None else np.full_like(canvas, grey)
    assert 0 <= surprise(inside(canvas, margins), canvas, margins) <= 1


def test_a_hairline_is_too_little_to_tell(scene: Pixels) -> None:
    assert surprise(inside(scene, Margins(2)), scene, Margins(2)) == 0.0
