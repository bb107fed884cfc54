"""The new part is sharpened to match the photo if it was painted smaller and enlarged, tested on real photos."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.blending.sharpness import COARSEST, OVERSHOOT, Finish, finished, missing, sharpen_to
from inference.canvas import Extent, Margins
from inference.engine import Pixels
from inference.image.codec import decode
from tests.support.photos import SAMPLES

SHARP = ["astronaut", "rocket", "life", "sunset"]


def scene(name: str, longest: int = 800) -> Pixels:
    photo = decode((SAMPLES / f"{name}.jpg").read_bytes())
    factor = min(1.0, longest / max(photo.shape))
    return np.asarray(cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def kept(picture: Pixels) -> tuple[Margins, np.ndarray]:
    """Return margins of a quarter on all sides, and a mask of the photo inside them."""
    height, width = picture.shape[:2]
    margins = Margins(width // 4, height // 4, width // 4, height // 4)
    return margins, margins.mask(Extent(width - 2 * margins.left, height - 2 * margins.top)) == 0


def enlarged(picture: Pixels, factor: float) -> Pixels:
    """Return the scene with its outer part scaled down by `factor` and up again."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    large = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LANCZOS4), np.uint8)
    inside = kept(picture)[1]
    large[inside] = picture[inside]
    return large


def sharpness(picture: Pixels, where: np.ndarray) -> float:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.abs(cv2.Laplacian(grey, cv2.CV_32F))[where].mean())


@pytest.mark.parametrize("name", SHARP)
@pytest.mark.parametrize("factor", [1.5, 2.0])
def test_an_enlarged_part_comes_near_the_true_scenes_sharpness(name: str, factor: float) -> None:
    true = scene(name)
    margins, inside = kept(true)
    soft = enlarged(true, factor)
    sharp = sharpen_to(soft, margins, factor)
    before, after = (sharpness(picture, ~inside) / sharpness(true, ~inside) for picture in (soft, sharp))
    assert before < 0.6
    assert after > 1.5 * before
    assert after < 1.15
    assert np.array_equal(sharp[inside], true[inside])


@pytest.mark.parametrize("name", ["chelsea", "coffee", "wine", *SHARP])
def test_what_is_as_sharp_as_the_photo_is_left_nearly_as_it_is(name: str) -> None:
    true = scene(name)
    finish = missing(true, kept(true)[0])
    assert finish.amount <= 0.1
    assert finish.grain <= 1.0


@pytest.mark.parametrize("name", ["rocket", "sunset", "astronaut"])
@pytest.mark.parametrize("level", [2.0, 4.0])
def test_grain_of_the_photo_is_measured_and_matched(name: str, level: float) -> None:
    clean = scene(name)
    margins, inside = kept(clean)
    grain = np.random.default_rng(1).standard_normal((*inside.shape, 1)) * level
    grainy = np.where(inside[..., None], np.clip(np.rint(clean + grain), 0, 255), clean).astype(np.uint8)
    finish = missing(grainy, margins)
    assert 0.5 * level <= finish.grain <= 1.1 * level
    result = sharpen_to(grainy, margins)
    added = (result.astype(int) - grainy)[~inside].std()
    assert added == pytest.approx(finish.grain, rel=0.15)
    assert np.array_equal(result[inside], grainy[inside])


def test_grain_depends_on_the_seed_alone() -> None:
    canvas, finish = np.full((300, 400, 3), 128, np.uint8), Finish(0.0, 1.0, 3.0, 0.5)
    margins = Margins(100, 0, 0, 0)
    one, again, other = (finished(canvas, margins, finish, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    "margins", [Margins(5, 0, 0, 0), Margins(0, 0, 0, 0), Margins(0, 20, 0, 0)], ids=["line", "none", "narrow"]
)
def test_too_narrow_to_measure_is_left_alone(margins: Margins) -> None:
    canvas = scene("chelsea", 200)
    assert sharpen_to(canvas, margins) is canvas


def test_pieces_of_a_large_new_part_fit_together() -> None:
    canvas = np.random.default_rng(3).integers(0, 256, (1300, 160, 3), np.uint8)
    canvas = cv2.GaussianBlur(canvas, (0, 0), 2).astype(np.uint8)
    finish = Finish(1.0, 1.2, 0.0, 0.0)
    whole = finished(canvas, Margins(160, 0, 0, 0), finish)
    upper = finished(np.ascontiguousarray(canvas[:700]), Margins(160, 0, 0, 0), finish)
    assert np.abs(whole[:680].astype(int) - upper[:680]).max() <= 1


def test_sharpening_steepens_an_edge_and_does_not_ring() -> None:
    canvas = np.full((200, 400, 3), 60, np.uint8)
    canvas[:, 200:] = 190
    canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), 2), np.uint8)
    result = finished(canvas, Margins(400, 0, 0, 0), Finish(2.0, 2.0, 0.0, 0.0))
    assert (
        np.abs(np.diff(result[100, :, 0].astype(int))).max()
        > 1.3 * np.abs(np.diff(canvas[100, :, 0].astype(int))).max()
    )
    assert result.min() >= 60 - OVERSHOOT
    assert result.max() <= 190 + OVERSHOOT


def test_grain_has_a_limit() -> None:
    picture = scene("sunset")
    margins, inside = kept(picture)
    grain = np.random.default_rng(2).standard_normal((*inside.shape, 1)) * 20
    picture[inside] = np.clip(picture + grain, 0, 255).astype(np.uint8)[inside]
    assert missing(picture, margins).grain == COARSEST
