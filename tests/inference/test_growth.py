"""The margins that a direction, a scale or a ratio adds to a photo."""

from __future__ import annotations

from fractions import Fraction

import pytest

from inference.canvas import Extent, Margins, NoSuchCanvas
from inference.growth import Direction, RatioAcross, RatioReached, parse_ratio, ratio_name, scaled, with_ratio

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
