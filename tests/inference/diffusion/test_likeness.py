"""The likeness check at the shipped bound: which changes of the photo it accepts, and which it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.canvas import Margins
from inference.diffusion.likeness import FOREIGN, judge_painted, unlikeness
from inference.engine import Pixels
from inference.image.codec import decode
from inference.quality.gate import Kind

SAMPLES = Path(__file__).parents[3] / "bot" / "playground" / "samples"
NAMES = ["chelsea", "coffee", "life", "wine"]


def sample(name: str) -> Pixels:
    photo = decode((SAMPLES / f"{name}.jpg").read_bytes())
    scale = 480 / max(photo.shape)
    return np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def other_detail(photo: Pixels) -> Pixels:
    """Replace all detail finer than 4 px by random detail of the same strength."""
    coarse = cv2.GaussianBlur(photo.astype(np.float32), (0, 0), 2)
    strength = np.sqrt(cv2.GaussianBlur((photo - coarse) ** 2, (0, 0), 6))
    noise = np.random.default_rng(4).standard_normal(photo.shape).astype(np.float32)
    noise -= cv2.GaussianBlur(noise, (0, 0), 2)
    return np.clip(coarse + strength * noise / noise.std(), 0, 255).astype(np.uint8)


def shifted(photo: Pixels) -> Pixels:
    return np.ascontiguousarray(np.roll(photo, 4, axis=1))


def zoomed(photo: Pixels) -> Pixels:
    height, width = photo.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, 1.03)
    return np.asarray(cv2.warpAffine(photo, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def brighter(photo: Pixels) -> Pixels:
    return np.clip(photo * 1.15 + 12, 0, 255).astype(np.uint8)


def everything(photo: Pixels) -> Pixels:
    return brighter(zoomed(other_detail(photo)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", [other_detail, shifted, zoomed, brighter, everything])
def test_a_rendering_of_the_photo_passes(name: str, how: Callable[[Pixels], Pixels]) -> None:
    assert unlikeness(how(sample(name)), sample(name)) < FOREIGN / 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("step", [1, 2, 3])
def test_another_photo_does_not(name: str, step: int) -> None:
    photo = sample(name)
    other = sample(NAMES[(NAMES.index(name) + step) % len(NAMES)])
    assert unlikeness(np.asarray(cv2.resize(other, photo.shape[1::-1]), np.uint8), photo) > FOREIGN


def test_the_photo_itself_is_like_itself() -> None:
    assert unlikeness(sample("coffee"), sample("coffee")) == pytest.approx(0, abs=1e-3)


def test_a_flat_grey_is_not_fitted_into_the_photo() -> None:
    photo = sample("coffee")
    assert unlikeness(np.full_like(photo, 128), photo) > FOREIGN


def test_what_a_model_painted_is_judged_by_where_the_photo_is_and_by_what_it_was_given() -> None:
    photo, other, margins = sample("chelsea"), sample("coffee"), Margins(60, 40, 50, 30)
    other = np.asarray(cv2.resize(other, photo.shape[1::-1]), np.uint8)
    canvas, strange = extended(photo, margins), extended(other, margins)
    start = np.zeros_like(canvas)
    assert judge_painted(canvas, photo, margins, start) is None
    for painted, given, kind in ((strange, start, Kind.IGNORED), (canvas, canvas, Kind.UNCHANGED)):
        problem = judge_painted(painted, photo, margins, given)
        assert problem is not None
        assert problem.kind is kind


def extended(photo: Pixels, margins: Margins) -> Pixels:
    sizes = margins.top, margins.bottom, margins.left, margins.right
    return np.asarray(cv2.copyMakeBorder(photo, *sizes, cv2.BORDER_REFLECT_101), np.uint8)
