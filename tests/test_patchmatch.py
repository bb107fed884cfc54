"""The engine without weights, on real photos."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.canvas import Direction, Extent, Margins, scaled
from inference.engine import Cancelled, EngineError, Pixels, Request, Style, ignore
from inference.patchmatch.engine import PatchMatch

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"


def sample(name: str, longest: int) -> Pixels:
    """A sample photo at a small size."""
    photo = cv2.cvtColor(cv2.imread(str(SAMPLES / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
    scale = longest / max(photo.shape)
    return np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture(scope="session")
def engine() -> PatchMatch:
    return PatchMatch()


def kept(result: Pixels, request: Request) -> Pixels:
    box = request.margins.box(request.extent)
    return result[box.top : box.bottom, box.left : box.right]


@pytest.mark.parametrize("direction", Direction)
def test_the_photo_stays_bit_for_bit_in_its_place(engine: PatchMatch, direction: Direction) -> None:
    photo = sample("chelsea", 97)
    request = Request(photo, scaled(Extent(97, photo.shape[0]), direction, 1.5), seed=3)
    result = engine.expand(request, ignore)
    assert result.shape[1::-1] == request.margins.canvas(request.extent)
    assert result.dtype == np.uint8
    assert np.array_equal(kept(result, request), photo)


@pytest.mark.parametrize(
    ("extent", "margins"),
    [
        pytest.param(Extent(8, 8), Margins(4, 4, 4, 4), id="tiny"),
        pytest.param(Extent(1, 1), Margins(3, 0, 0, 5), id="one pixel"),
        pytest.param(Extent(64, 64), Margins(1, 0, 0, 0), id="one new column"),
        pytest.param(Extent(300, 9), Margins(0, 60, 7, 0), id="strip"),
        pytest.param(Extent(40, 40), Margins(600, 0, 0, 0), id="huge margin"),
    ],
)
@pytest.mark.parametrize("style", Style)
def test_odd_geometry_is_filled(engine: PatchMatch, extent: Extent, margins: Margins, style: Style) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (extent.height, extent.width, 3), np.uint8)
    request = Request(photo, margins, style)
    result = engine.expand(request, ignore)
    assert result.shape[1::-1] == margins.canvas(extent)
    assert np.array_equal(kept(result, request), photo)


def test_progress_grows_to_one_and_cancel_passes_through(engine: PatchMatch) -> None:
    request = Request(sample("chelsea", 64), Margins(16, 0, 16, 0))
    fractions: list[float] = []
    engine.expand(request, fractions.append)
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)

    def leave(fraction: float) -> None:
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.expand(request, leave)


def test_a_reroll_is_another_picture_and_the_same_seed_the_same(engine: PatchMatch) -> None:
    request = Request(sample("picos", 128), Margins(32, 0, 32, 0), seed=1)
    first = engine.expand(request, ignore)
    assert np.array_equal(first, engine.expand(request, ignore))
    assert not np.array_equal(first, engine.expand(replace(request, seed=2), ignore))


def test_what_is_not_a_photo_is_refused_in_one_sentence(engine: PatchMatch) -> None:
    with pytest.raises(EngineError, match=r"not \(0, 4, 3\)"):
        engine.expand(Request(np.zeros((0, 4, 3), np.uint8), Margins(1, 1, 1, 1)), ignore)
