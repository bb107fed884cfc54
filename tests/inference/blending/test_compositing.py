"""Compositing keeps the photo bit for bit and hides the seam, tested on real photos."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inference.blending.compositing import compose
from inference.blending.registration import registered
from inference.canvas import Extent, Margins
from inference.engine import Pixels
from inference.image.bands import Side
from inference.image.codec import decode
from inference.quality.seam import Seam, seams
from tests.support.photos import SAMPLES

PHOTOS = ("astronaut", "coffee", "chelsea", "friends", "life")
LAYOUTS = [
    pytest.param(Margins(71, 53, 64, 47), id="all sides"),
    pytest.param(Margins(right=150), id="right"),
    pytest.param(Margins(top=90, bottom=91), id="above and below"),
]


def truth(name: str, width: int = 600) -> Pixels:
    """A sample photo that serves as the whole scene."""
    photo = decode((SAMPLES / f"{name}.jpg").read_bytes())
    height = round(photo.shape[0] * width / photo.shape[1])
    return np.asarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def middle(scene: Pixels, margins: Margins) -> Pixels:
    """The photo, which is the scene without its margins."""
    height, width = scene.shape[:2]
    return scene[margins.top : height - margins.bottom, margins.left : width - margins.right].copy()


def added(scene: Pixels, margins: Margins) -> NDArray[np.bool_]:
    """A mask of the scene outside the photo."""
    height, width = middle(scene, margins).shape[:2]
    return margins.mask(Extent(width, height)) > 0


def recoloured(scene: Pixels) -> Pixels:
    """Change gains, offsets, colour cast and sharpness, as an engine does when it repaints a photo."""
    random = np.random.default_rng(5)
    drift = cv2.resize(random.normal(0, 5, (3, 4, 3)), scene.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    blurred = cv2.GaussianBlur(scene, (0, 0), 0.8).astype(np.float64)
    return np.rint(blurred * (1.07, 0.95, 0.98) + (12, -9, 4) + drift).clip(0, 255).astype(np.uint8)


def shifted(scene: Pixels) -> Pixels:
    """Shift a scene a little, as an engine does when it redraws a photo."""
    matrix = np.array([[1, 0, 1.7], [0, 1, -1.3]])
    moved = cv2.warpAffine(scene, matrix, scene.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return recoloured(np.asarray(moved, np.uint8))


def pasted(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Paste the photo with a hard edge, as the baseline that compositing must beat."""
    canvas = generated.copy()
    canvas[margins.top : margins.top + photo.shape[0], margins.left : margins.left + photo.shape[1]] = photo
    return canvas


def mean_gradient(found: list[Seam]) -> float:
    return float(np.mean([seam.gradient for seam in found]))


def mean_step(found: list[Seam]) -> float:
    return float(np.mean([seam.step for seam in found]))


@pytest.mark.parametrize("register", [False, True], ids=["in place", "registered"])
@pytest.mark.parametrize(
    ("size", "margins"),
    [
        pytest.param((40, 60), Margins(20, 13, 31, 8), id="all sides"),
        pytest.param((40, 60), Margins(left=1), id="one column"),
        pytest.param((40, 60), Margins(bottom=1), id="one row"),
        pytest.param((40, 60), Margins(), id="nothing new"),
        pytest.param((1, 1), Margins(3, 0, 0, 5), id="one pixel"),
        pytest.param((300, 16), Margins(700, 0, 0, 3), id="narrow photo, wide margin"),
        pytest.param((129, 65), Margins(0, 999, 1, 0), id="odd"),
    ],
)
def test_no_pixel_of_the_photo_changes(size: tuple[int, int], margins: Margins, register: bool) -> None:
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (*size, 3), np.uint8)
    generated = np.pad(photo, ((margins.top, margins.bottom), (margins.left, margins.right), (0, 0)), mode="edge") // 2
    before = generated.copy()
    canvas = compose(generated, photo, margins, register=register)
    assert canvas.shape == generated.shape
    assert canvas.dtype == np.uint8
    assert np.array_equal(middle(canvas, margins), photo)
    assert np.array_equal(generated, before)


@pytest.mark.parametrize("margins", LAYOUTS)
@pytest.mark.parametrize("name", PHOTOS)
def test_the_seam_vanishes_where_a_hard_paste_shows_it(name: str, margins: Margins) -> None:
    scene = truth(name)
    photo, generated = middle(scene, margins), recoloured(scene)
    own = seams(scene, margins)
    composed, hard = (seams(way(generated, photo, margins), margins) for way in (compose, pasted))
    assert mean_gradient(composed) < 1.25 * mean_gradient(own)
    assert mean_step(composed) < mean_step(own) + 1
    assert mean_gradient(hard) > 1.4 * mean_gradient(composed)
    assert mean_step(hard) > mean_step(composed) + 4


@pytest.mark.parametrize("name", PHOTOS)
def test_the_new_part_comes_closer_to_the_truth(name: str) -> None:
    margins = Margins(71, 53, 64, 47)
    scene = truth(name)
    generated = recoloured(scene)
    new = added(scene, margins)
    composed = compose(generated, middle(scene, margins), margins)
    error, before = (np.abs(picture[new].astype(float) - scene[new]).mean() for picture in (composed, generated))
    assert error < 0.6 * before


@pytest.mark.parametrize("name", PHOTOS)
def test_registration_moves_a_shifted_picture_back(name: str) -> None:
    margins = Margins(60, 40, 60, 40)
    scene = truth(name)
    photo, generated = middle(scene, margins), shifted(scene)
    there, back = (compose(generated, photo, margins, register=register) for register in (False, True))
    new = added(scene, margins)
    assert (
        np.abs(back[new].astype(float) - scene[new]).mean() < 0.8 * np.abs(there[new].astype(float) - scene[new]).mean()
    )
    assert mean_gradient(seams(back, margins)) < 1.15 * mean_gradient(seams(scene, margins))


@pytest.mark.parametrize("name", PHOTOS)
def test_registration_leaves_a_picture_in_place_alone(name: str) -> None:
    margins = Margins(60, 40, 60, 40)
    generated = recoloured(truth(name))
    assert registered(generated, middle(truth(name), margins), margins) is generated


def test_registration_leaves_another_picture_alone() -> None:
    margins = Margins(60, 40, 60, 40)
    photo = middle(truth("coffee"), margins)
    other = np.asarray(cv2.resize(truth("chelsea"), truth("coffee").shape[1::-1]), np.uint8)
    assert registered(other, photo, margins) is other


def test_what_fits_already_stays_as_it_is() -> None:
    margins = Margins(71, 53, 64, 47)
    scene = truth("life")
    difference = compose(scene, middle(scene, margins), margins).astype(int) - scene
    assert np.abs(difference).max() <= 1


def test_an_engine_that_ignored_the_photo_is_not_smeared_over() -> None:
    margins = Margins(100, 100, 100, 100)
    photo = np.full((200, 200, 3), 250, np.uint8)
    generated = np.random.default_rng(0).integers(0, 60, (400, 400, 3), np.uint8)
    assert compose(generated, photo, margins)[:40, :40].mean() < 150


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(90, 80\).*\(100, 80\)"):
        compose(np.zeros((80, 90, 3), np.uint8), np.zeros((80, 80, 3), np.uint8), Margins(20))


@pytest.mark.parametrize(
    ("margins", "sides"),
    [
        (Margins(9, 9, 9, 9), [Side.LEFT, Side.TOP, Side.RIGHT, Side.BOTTOM]),
        (Margins(top=9, right=9), [Side.TOP, Side.RIGHT]),
        (Margins(), []),
    ],
    ids=["all", "two", "none"],
)
def test_each_grown_side_has_a_seam(margins: Margins, sides: list[Side]) -> None:
    assert [seam.side for seam in seams(truth("coffee"), margins)] == sides


@pytest.mark.parametrize("side", Side)
def test_a_step_is_found_on_its_side_with_its_height(side: Side) -> None:
    margins = Margins(50, 50, 50, 50)
    scene = truth("life")
    canvas = cv2.add(scene, 0)
    edge = {
        Side.LEFT: np.s_[:, :50],
        Side.TOP: np.s_[:50],
        Side.RIGHT: np.s_[:, -50:],
        Side.BOTTOM: np.s_[-50:],
    }[side]
    canvas[edge] = cv2.add(canvas[edge], (20, 20, 20, 0))
    before, after = ({seam.side: seam for seam in seams(picture, margins)} for picture in (scene, canvas))
    assert after[side].step == pytest.approx(20, abs=6)
    assert after[side].gradient > 1.3 * before[side].gradient
    for other in set(Side) - {side}:
        assert after[other] == before[other]
