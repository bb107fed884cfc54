"""The position of the photo on its canvas."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from inference.canvas import (
    MAX_SIDE,
    Box,
    Direction,
    Extent,
    Margins,
    NoSuchCanvas,
    RatioAcross,
    RatioReached,
    TooLarge,
    check_limits,
    parse_ratio,
    ratio_name,
    scaled,
    with_ratio,
)

PHOTO = Extent(100, 80)


@pytest.mark.parametrize(
    ("direction", "margins"),
    [
        pytest.param(Direction.LEFT, Margins(left=50), id="left"),
        pytest.param(Direction.RIGHT, Margins(right=50), id="right"),
        pytest.param(Direction.UP, Margins(top=40), id="up"),
        pytest.param(Direction.DOWN, Margins(bottom=40), id="down"),
        pytest.param(Direction.HORIZONTAL, Margins(left=25, right=25), id="horizontal"),
        pytest.param(Direction.VERTICAL, Margins(top=20, bottom=20), id="vertical"),
        pytest.param(Direction.ALL, Margins(25, 20, 25, 20), id="all"),
    ],
)
def test_a_direction_says_where_the_new_pixels_go(direction: Direction, margins: Margins) -> None:
    assert scaled(PHOTO, direction, 1.5) == margins


@pytest.mark.parametrize(
    ("photo", "direction", "scale", "margins"),
    [
        pytest.param(
            Extent(101, 81), Direction.ALL, 1.5, Margins(25, 20, 26, 21), id="an odd pixel goes right and down"
        ),
        pytest.param(Extent(10, 10), Direction.HORIZONTAL, 1.25, Margins(1, 0, 2, 0), id="12.5 rounds up"),
        pytest.param(Extent(10, 10), Direction.HORIZONTAL, 1.24, Margins(1, 0, 1, 0), id="12.4 rounds down"),
        pytest.param(Extent(50, 50), Direction.RIGHT, 1.15, Margins(right=8), id="57.5, not 57.499 of floats"),
        pytest.param(Extent(16, 16), Direction.LEFT, 1.05, Margins(left=1), id="smallest scale, smallest photo"),
        pytest.param(Extent(100, 80), Direction.ALL, 4, Margins(150, 120, 150, 120), id="largest scale"),
        pytest.param(Extent(4, 4), Direction.LEFT, 1.05, Margins(), id="nothing to add"),
    ],
)
def test_a_scale_rounds_half_up(photo: Extent, direction: Direction, scale: float, margins: Margins) -> None:
    assert scaled(photo, direction, scale) == margins


@pytest.mark.parametrize("scale", [1.0, 1.04, 4.01, 0, -2, float("inf"), float("nan")])
def test_scales_out_of_range_are_refused(scale: float) -> None:
    with pytest.raises(NoSuchCanvas, match=r"between 1.05 and 4"):
        scaled(PHOTO, Direction.ALL, scale)


@pytest.mark.parametrize(
    ("photo", "ratio", "direction", "margins"),
    [
        pytest.param(Extent(90, 160), "1:1", Direction.ALL, Margins(35, 0, 35, 0), id="square, centred"),
        pytest.param(Extent(90, 160), "1:1", Direction.HORIZONTAL, Margins(35, 0, 35, 0), id="square, horizontal"),
        pytest.param(Extent(90, 160), "1:1", Direction.LEFT, Margins(left=70), id="square, all new at the left"),
        pytest.param(Extent(90, 160), "1:1", Direction.RIGHT, Margins(right=70), id="square, all new at the right"),
        pytest.param(Extent(160, 90), "1:1", Direction.ALL, Margins(0, 35, 0, 35), id="square, above and below"),
        pytest.param(Extent(160, 90), "1:1", Direction.VERTICAL, Margins(0, 35, 0, 35), id="square, vertical"),
        pytest.param(Extent(160, 90), "1:1", Direction.UP, Margins(top=70), id="square, all new above"),
        pytest.param(Extent(160, 90), "1:1", Direction.DOWN, Margins(bottom=70), id="square, all new below"),
        pytest.param(Extent(100, 100), "16:9", Direction.ALL, Margins(39, 0, 39, 0), id="16:9, 177.8 rounds up"),
        pytest.param(Extent(100, 100), "9:16", Direction.ALL, Margins(0, 39, 0, 39), id="9:16"),
        pytest.param(Extent(100, 100), "4:5", Direction.ALL, Margins(0, 12, 0, 13), id="4:5, the odd pixel below"),
        pytest.param(Extent(100, 101), "1:1", Direction.ALL, Margins(right=1), id="one missing column goes right"),
        pytest.param(Extent(50, 101), "1:2", Direction.RIGHT, Margins(right=1), id="half a pixel missing"),
    ],
)
def test_a_ratio_is_the_smallest_canvas_around_the_photo(
    photo: Extent, ratio: str, direction: Direction, margins: Margins
) -> None:
    assert with_ratio(photo, direction, parse_ratio(ratio)) == margins


@pytest.mark.parametrize(
    ("photo", "ratio"),
    [
        pytest.param(Extent(1600, 900), "16:9", id="exactly"),
        pytest.param(Extent(1366, 768), "16:9", id="a third of a pixel off"),
        pytest.param(Extent(64, 64), "1:1", id="square"),
    ],
)
def test_a_ratio_that_is_there_already_is_told(photo: Extent, ratio: str) -> None:
    with pytest.raises(RatioReached, match=ratio):
        with_ratio(photo, Direction.ALL, parse_ratio(ratio))


@pytest.mark.parametrize(
    ("ratio", "direction"),
    [
        pytest.param("16:9", Direction.UP, id="wider, up"),
        pytest.param("16:9", Direction.DOWN, id="wider, down"),
        pytest.param("16:9", Direction.VERTICAL, id="wider, vertical"),
        pytest.param("9:16", Direction.LEFT, id="taller, left"),
        pytest.param("9:16", Direction.RIGHT, id="taller, right"),
        pytest.param("9:16", Direction.HORIZONTAL, id="taller, horizontal"),
    ],
)
def test_a_direction_across_the_ratio_is_refused(ratio: str, direction: Direction) -> None:
    with pytest.raises(RatioAcross, match=direction.value):
        with_ratio(Extent(100, 100), direction, parse_ratio(ratio))


@pytest.mark.parametrize(
    ("text", "ratio"),
    [("16:9", Fraction(16, 9)), ("4:5", Fraction(4, 5)), ("1.85:1", Fraction(37, 20)), ("2", Fraction(2))],
)
def test_ratios_are_read(text: str, ratio: Fraction) -> None:
    assert parse_ratio(text) == ratio


@pytest.mark.parametrize("text", ["", ":", "16:", ":9", "wide", "16:0", "0:9", "-16:9", "16:9:1"])
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(NoSuchCanvas, match="ratio"):
        parse_ratio(text)


def test_a_ratio_has_a_name() -> None:
    assert ratio_name(parse_ratio("32:18")) == "16:9"


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
