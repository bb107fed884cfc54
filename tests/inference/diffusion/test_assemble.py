"""A window painted at a small size becomes a canvas. The true scene serves as the painted picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.blending.compositing import compose
from inference.blending.sharpness import sharpen_to
from inference.canvas import Box, Extent, Margins
from inference.diffusion.assemble import finish
from inference.diffusion.window import plan
from inference.engine import Pixels
from inference.image.codec import decode
from inference.image.upscale import enlarge, softened
from tests.support.photos import SAMPLES

MARGINS = Margins(160, 100, 140, 120)


def scene(name: str) -> Pixels:
    picture = decode((SAMPLES / f"{name}.jpg").read_bytes())
    factor = 760 / max(picture.shape)
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def sharpness(picture: Pixels, where: np.ndarray) -> float:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.abs(cv2.Laplacian(grey, cv2.CV_32F))[where].mean())


@pytest.mark.parametrize("name", ["astronaut", "picos"])
def test_what_was_painted_at_half_the_size_comes_near_the_photos_sharpness(name: str) -> None:
    true = scene(name)
    height, width = true.shape[:2]
    photo = np.ascontiguousarray(true[100 : height - 120, 160 : width - 140])
    window = plan(Extent.of(photo), MARGINS, true.size // 3 // 4, 8)
    left, top, right, bottom = window.box
    painted = np.asarray(cv2.resize(true[top:bottom, left:right], window.work, interpolation=cv2.INTER_AREA), np.uint8)
    assert (right - left) / painted.shape[1] > 1.6
    canvas = finish(painted, photo, MARGINS, window, register=False)
    again, other = (finish(painted, photo, MARGINS, window, register=False, seed=seed) for seed in (0, 1))
    new = MARGINS.mask(Extent.of(photo)) > 0
    plain = np.asarray(cv2.resize(painted, (right - left, bottom - top), interpolation=cv2.INTER_LANCZOS4), np.uint8)
    soft = true.copy()
    soft[top:bottom, left:right] = plain
    assert sharpness(canvas, new) > 1.25 * sharpness(soft, new)
    assert sharpness(canvas, new) < 1.15 * sharpness(true, new)
    assert np.array_equal(canvas[100 : height - 120, 160 : width - 140], photo)
    assert np.array_equal(canvas, again)
    assert np.array_equal(other[~new], canvas[~new])


@pytest.mark.parametrize(
    "margins",
    [
        pytest.param(MARGINS, id="all sides"),
        pytest.param(Margins(left=250), id="left"),
        pytest.param(Margins(top=60, bottom=90), id="vertical"),
        pytest.param(Margins(right=8), id="hardly at all"),
    ],
)
def test_the_network_enlarges_what_is_looked_at_and_nothing_else_changes(margins: Margins) -> None:
    """The canvas is the same as if the network had enlarged the whole picture."""
    true = scene("picos")
    extent = Extent(true.shape[1] - margins.left - margins.right, true.shape[0] - margins.top - margins.bottom)
    place = margins.box(extent)
    photo = np.ascontiguousarray(true[place.slices])
    window = plan(extent, margins, 16 * 1024, 8)
    left, top, right, bottom = window.box
    painted = np.asarray(cv2.resize(true[top:bottom, left:right], window.work, interpolation=cv2.INTER_AREA), np.uint8)
    assert (right - left) / painted.shape[1] > 1.6
    size = Extent(right - left, bottom - top)
    kept = Box(max(place.left, left), max(place.top, top), min(place.right, right), min(place.bottom, bottom))
    part = np.ascontiguousarray(true[kept.slices])
    around = Margins(kept.left - left, kept.top - top, right - kept.right, bottom - kept.bottom)
    whole = sharpen_to(compose(enlarge(painted, size), part, around), around, softened(Extent(*window.work), size), 0)
    canvas = finish(painted, photo, margins, window, register=False)
    assert np.array_equal(canvas[top:bottom, left:right], whole)
