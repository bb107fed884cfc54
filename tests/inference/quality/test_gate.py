"""What the gate refuses and accepts, tested on a real photo with one side damaged at a time."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.bands import Side, outwards
from inference.image.codec import decode
from inference.quality.gate import Kind, Problem, judge, unchanged
from tests.support.photos import SAMPLES

MARGINS = Margins(120, 90, 100, 110)
RANDOM = np.random.default_rng(5)


def sample(name: str, longest: int = 480) -> Pixels:
    photo = decode((SAMPLES / f"{name}.jpg").read_bytes())
    factor = longest / max(photo.shape)
    return np.asarray(cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def extended(photo: Pixels, how: int = cv2.BORDER_REFLECT_101, margins: Margins = MARGINS) -> Pixels:
    left, top, right, bottom = margins.left, margins.top, margins.right, margins.bottom
    return np.asarray(cv2.copyMakeBorder(photo, top, bottom, left, right, how), np.uint8)


def paint(canvas: Pixels, side: Side, how: Callable[[Pixels], Pixels]) -> Pixels:
    """Repaint the new part beside one side in place."""
    band = outwards(canvas, MARGINS, side, 1000)
    band[:] = how(band)
    return canvas


def noise(band: Pixels) -> Pixels:
    return RANDOM.integers(0, 256, band.shape, np.uint8)


def blotches(band: Pixels) -> Pixels:
    height, width = band.shape[:2]
    coarse = RANDOM.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def brightened(band: Pixels) -> Pixels:
    return np.asarray(np.clip(band.astype(int) + 40, 0, 255), np.uint8)


@pytest.mark.parametrize("name", ["chelsea", "coffee", "friends", "life", "picos", "seeding", "wine"])
def test_a_canvas_that_continues_the_photo_passes(name: str) -> None:
    assert judge(extended(sample(name)), MARGINS) is None


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    ("how", "kind"),
    [
        pytest.param(np.zeros_like, Kind.BLACK, id="black"),
        pytest.param(lambda band: np.full_like(band, 128), Kind.FLAT, id="grey"),
        pytest.param(noise, Kind.NOISE, id="noise"),
        pytest.param(blotches, Kind.NOISE, id="latent noise"),
        pytest.param(lambda band: np.repeat(band[:, :1], band.shape[1], axis=1), Kind.SMEAR, id="smear"),
        pytest.param(lambda band: band[::-1], Kind.SEAM, id="another place"),
        pytest.param(brightened, Kind.STEP, id="brighter"),
    ],
)
def test_one_spoilt_side_is_found(side: Side, how: Callable[[Pixels], Pixels], kind: Kind) -> None:
    canvas = paint(extended(sample("life")), side, how)
    problem = judge(canvas, MARGINS)
    assert problem is not None
    assert problem.side is side
    assert problem.kind is kind or {problem.kind, kind} <= {Kind.SEAM, Kind.STEP}


def test_a_clear_sky_may_go_on_unchanged() -> None:
    sky = np.broadcast_to(np.linspace(120, 220, 300).astype(np.uint8)[:, None, None], (300, 400, 3))
    assert judge(extended(np.ascontiguousarray(sky), cv2.BORDER_REPLICATE), MARGINS) is None


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_photo_may_have_flat_surroundings(level: int) -> None:
    assert judge(np.full((500, 600, 3), level, np.uint8), MARGINS) is None


def test_a_plain_ground_may_go_on_plain_however_close_the_thing_on_it_stands() -> None:
    """A sticker ends 10 px before the edge, within the rim that the gate looks at."""
    photo = np.full((300, 400, 3), 255, np.uint8)
    photo[10:-10, 10:-10] = sample("life")[:280, :380]
    assert judge(extended(photo, cv2.BORDER_REPLICATE), MARGINS) is None
    black = cv2.copyMakeBorder(photo, 90, 110, 120, 100, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    assert judge(np.asarray(black, np.uint8), MARGINS) is not None


def test_gravel_may_surround_a_scene_that_holds_gravel() -> None:
    """Half of the photo is smooth sky, but its lower half is as rough as the new part."""
    photo = np.tile(np.linspace(120, 220, 300).astype(np.uint8)[:, None, None], (1, 400, 3))
    photo[150:] = RANDOM.integers(0, 256, (150, 400, 3), np.uint8)
    canvas = extended(photo)
    problem = judge(canvas, MARGINS)
    assert problem is None or problem.kind is not Kind.NOISE


def test_noise_may_surround_noise() -> None:
    assert judge(RANDOM.integers(0, 256, (500, 600, 3), np.uint8), MARGINS) is None


@pytest.mark.parametrize(
    "margins", [Margins(1, 0, 0, 0), Margins(0, 3, 0, 0), Margins(2, 2, 2, 2)], ids=["line", "strip", "rim"]
)
def test_narrow_margins_are_judged_by_their_seam(margins: Margins) -> None:
    photo = sample("coffee")
    assert judge(extended(photo, cv2.BORDER_REPLICATE, margins), margins) is None
    white = cv2.copyMakeBorder(
        photo, margins.top, margins.bottom, margins.left, margins.right, cv2.BORDER_CONSTANT, value=(255, 255, 255)
    )
    problem = judge(np.asarray(white, np.uint8), margins)
    assert problem is not None
    assert problem.kind in (Kind.SEAM, Kind.STEP)


def test_a_model_that_painted_nothing_is_found() -> None:
    photo = sample("chelsea")
    start, painted = extended(photo, cv2.BORDER_REPLICATE), extended(photo)
    assert unchanged(painted, MARGINS, start) is None
    problem = unchanged(paint(painted, Side.TOP, lambda band: outwards(start, MARGINS, Side.TOP, 1000)), MARGINS, start)
    assert problem is not None
    assert (problem.kind, problem.side) == (Kind.UNCHANGED, Side.TOP)


def test_a_problem_says_what_where_and_how_far() -> None:
    assert str(Problem(Kind.STEP, Side.LEFT, 21.5, 16.0)) == "step at the left: 21.50, bound 16"
    assert Problem(Kind.STEP, None, 32.0, 16.0).excess == pytest.approx(1.0)
    assert Problem(Kind.SMEAR, None, 0.05, 0.1).excess == pytest.approx(1.0)
