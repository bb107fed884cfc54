"""The position of the photo on its canvas."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from inference.canvas import MAX_SIDE, Box, Extent, Margins, NoSuchCanvas, TooLarge, check_limits

PHOTO = Extent(100, 80)


@pytest.mark.parametrize("margins", [Margins(), Margins(3), Margins(0, 2, 5, 0), Margins(1, 2, 3, 4)])
def test_canvas_box_and_mask_agree(margins: Margins) -> None:
    canvas, box, mask = margins.canvas(PHOTO), margins.box(PHOTO), margins.mask(PHOTO)
    assert canvas == (100 + margins.left + margins.right, 80 + margins.top + margins.bottom)
    assert box == Box(margins.left, margins.top, margins.left + 100, margins.top + 80)
    assert mask.shape == (canvas.height, canvas.width)
    assert not mask[box.slices].any()
    assert np.count_nonzero(mask == 255) == canvas.width * canvas.height - 100 * 80
    assert bool(margins) == mask.any()


@pytest.mark.parametrize("shape", [(80, 100), (80, 100, 3)], ids=["mask", "picture"])
def test_an_array_has_an_extent(shape: tuple[int, ...]) -> None:
    assert Extent.of(np.zeros(shape, np.uint8)) == PHOTO
    assert (PHOTO.area, PHOTO.box) == (8000, Box(0, 0, 100, 80))


@pytest.mark.parametrize(
    ("extent", "scale", "larger"),
    [
        pytest.param(PHOTO, 2, Extent(200, 160), id="doubled"),
        pytest.param(Extent(5, 7), 0.5, Extent(3, 4), id="halves round up"),
        pytest.param(Extent(50, 49), Fraction("1.15"), Extent(58, 56), id="57.5, not 57.499 of floats"),
        pytest.param(PHOTO, 0.001, Extent(0, 0), id="nothing left"),
    ],
)
def test_an_extent_is_scaled(extent: Extent, scale: float | Fraction, larger: Extent) -> None:
    assert extent * scale == scale * extent == larger


def test_an_extent_has_a_shortest_side() -> None:
    assert Extent(0, 7).at_least(1) == (1, 7)


BOX = Box(10, 20, 40, 60)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param(BOX & Box(0, 0, 30, 30), Box(10, 20, 30, 30), id="the part that both have"),
        pytest.param(BOX & Box(15, 25, 20, 30), Box(15, 25, 20, 30), id="a box inside it"),
        pytest.param(BOX * 2, Box(20, 40, 80, 120), id="doubled"),
        pytest.param(BOX * 0.25, Box(3, 5, 10, 15), id="halves round up"),
        pytest.param(BOX.padded(5), Box(5, 15, 45, 65), id="padded"),
        pytest.param(BOX.inside(Box(5, 5, 90, 90)), Box(5, 15, 35, 55), id="counted from another box"),
    ],
)
def test_boxes_are_computed_with(box: Box, expected: Box) -> None:
    assert box == expected


@pytest.mark.parametrize(
    ("box", "empty"),
    [
        pytest.param(BOX, False, id="full"),
        pytest.param(BOX & Box(40, 20, 50, 60), True, id="they touch"),
        pytest.param(BOX & Box(50, 70, 60, 80), True, id="they lie apart"),
    ],
)
def test_a_box_may_be_empty(box: Box, empty: bool) -> None:
    assert box.empty is empty


def test_a_box_has_a_size_and_cuts_its_pixels() -> None:
    assert (BOX.width, BOX.height, BOX.extent) == (30, 40, Extent(30, 40))
    assert np.zeros((80, 100, 3))[BOX.slices].shape == (40, 30, 3)


@pytest.mark.parametrize("margins", [Margins(), Margins(3), Margins(0, 2, 5, 0), Margins(1, 2, 3, 4)])
def test_margins_and_boxes_tell_each_other(margins: Margins) -> None:
    canvas = margins.canvas(PHOTO)
    assert margins.inner(canvas) == margins.box(PHOTO)
    assert margins.box(PHOTO).margins(canvas.box) == margins


def test_a_box_that_sticks_out_has_no_margins() -> None:
    with pytest.raises(NoSuchCanvas, match="negative"):
        BOX.margins(Box(11, 0, 90, 90))


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 100, 80), Box(0, 0, 0, 0), Box(0, 20, 100, 30)], ids=str)
def test_box_and_surroundings_cover_the_canvas_once(box: Box) -> None:
    covered = np.zeros((80, 100), int)
    for part in (box, *box.around(PHOTO)):
        for tile in part.tiles(9, 7):
            assert tile.width <= 9
            assert tile.height <= 7
            covered[tile.slices] += 1
    assert (covered == 1).all()


def test_margins_add_up() -> None:
    assert Margins(1, 2, 3, 4) + Margins(4, 3, 2, 1) == Margins(5, 5, 5, 5)
    assert Margins(5, 5, 5, 5) - Margins(1, 2, 3, 4) == Margins(4, 3, 2, 1)
    with pytest.raises(NoSuchCanvas, match="negative"):
        Margins(1) - Margins(2)


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_cropping_is_refused(side: str) -> None:
    with pytest.raises(NoSuchCanvas, match="negative"):
        Margins(**{side: -1})


@pytest.mark.parametrize(
    "canvas",
    [
        pytest.param(Extent(8000, 5000), id="40 MP"),
        pytest.param(Extent(MAX_SIDE, 2000), id="longest side"),
        pytest.param(Extent(1, 1), id="one pixel"),
    ],
)
def test_canvases_up_to_the_limits_pass(canvas: Extent) -> None:
    check_limits(canvas, max_megapixels=40)


@pytest.mark.parametrize(
    ("canvas", "told"),
    [
        pytest.param(Extent(8000, 5001), "40 MP", id="a row above 40 MP"),
        pytest.param(Extent(MAX_SIDE + 1, 1000), "16000 px", id="too wide"),
        pytest.param(Extent(1000, MAX_SIDE + 1), "16000 px", id="too high"),
    ],
)
def test_canvases_beyond_the_limits_are_refused_with_the_limit(canvas: Extent, told: str) -> None:
    with pytest.raises(TooLarge, match=told):
        check_limits(canvas, max_megapixels=40)
