"""Tables of the choices that a photo allows."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from bot.chat.choice import (
    RATIOS,
    SCALES,
    Choice,
    first_choice,
    journey,
    new_seed,
    offered_ratios,
    offered_scales,
    onward,
    outward,
    planned,
    rolled,
)
from inference.canvas import Extent, Margins, NoSuchCanvas
from inference.engine import SEEDS, Style
from inference.growth import Direction
from storage.models import Expansion, Photo

PHOTO = Extent(1200, 800)
LIMIT = 40.0  # megapixels


def ask(**changes: object) -> Choice:
    return Choice(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("choice", "margins"),
    [
        pytest.param(Choice(), Margins(300, 200, 300, 200), id="as-it-comes"),
        pytest.param(ask(direction=Direction.LEFT), Margins(600, 0, 0, 0), id="left"),
        pytest.param(ask(direction=Direction.DOWN, scale=2.0), Margins(0, 0, 0, 800), id="down-doubled"),
        pytest.param(ask(direction=Direction.VERTICAL, scale=1.25), Margins(0, 100, 0, 100), id="vertical"),
        pytest.param(Choice().with_ratio("1:1"), Margins(0, 200, 0, 200), id="square"),
        pytest.param(ask(direction=Direction.UP).with_ratio("1:1"), Margins(0, 400, 0, 0), id="square-upwards"),
    ],
)
def test_a_choice_comes_to_margins(choice: Choice, margins: Margins) -> None:
    assert choice.margins(PHOTO, LIMIT) == margins


@pytest.mark.parametrize(
    ("choice", "photo", "limit"),
    [
        pytest.param(ask(scale=None), PHOTO, LIMIT, id="neither-scale-nor-ratio"),
        pytest.param(Choice(), PHOTO, 2.0, id="over-the-limit"),
        pytest.param(Choice(), Extent(12_000, 400), LIMIT, id="a-side-too-long"),
        pytest.param(ask(direction=Direction.LEFT).with_ratio("1:1"), PHOTO, LIMIT, id="ratio-along-the-other-axis"),
        pytest.param(Choice().with_ratio("1:1"), Extent(500, 500), LIMIT, id="has-the-ratio-already"),
    ],
)
def test_what_is_impossible_is_refused(choice: Choice, photo: Extent, limit: float) -> None:
    assert not choice.possible(photo, limit)
    with pytest.raises(NoSuchCanvas):
        choice.margins(photo, limit)


def test_the_last_of_scale_and_ratio_wins() -> None:
    ratio = Choice().with_ratio("16:9")
    assert (ratio.scale, ratio.ratio) == (None, "16:9")
    scale = ratio.with_scale(2.0)
    assert (scale.scale, scale.ratio) == (2.0, None)


@pytest.mark.parametrize(
    ("direction", "limit", "scales"),
    [
        pytest.param(Direction.ALL, LIMIT, [1.25, 1.5, 2.0], id="room-for-all"),
        pytest.param(Direction.ALL, 3.0, [1.25, 1.5], id="room-for-two"),
        pytest.param(Direction.ALL, 1.0, [], id="room-for-none"),
        pytest.param(Direction.LEFT, 2.0, [1.25, 1.5, 2.0], id="one-side-needs-less"),
    ],
)
def test_scales_beyond_the_limit_are_not_offered(direction: Direction, limit: float, scales: list[float]) -> None:
    assert offered_scales(ask(direction=direction), PHOTO, limit) == scales


@pytest.mark.parametrize(
    ("photo", "limit", "ratios"),
    [
        pytest.param(PHOTO, LIMIT, list(RATIOS), id="room-for-all"),
        pytest.param(PHOTO, 1.5, ["1:1", "16:9"], id="tall-ones-pass-the-limit"),
        pytest.param(Extent(500, 500), LIMIT, list(RATIOS), id="one-that-it-has-stays"),
        pytest.param(Extent(15_000, 2000), LIMIT, [], id="a-panorama"),
    ],
)
def test_ratios_beyond_the_limit_are_not_offered(photo: Extent, limit: float, ratios: list[str]) -> None:
    assert offered_ratios(photo, limit) == ratios


@pytest.mark.parametrize(
    ("wish", "photo", "limit", "found"),
    [
        pytest.param(Choice(), PHOTO, LIMIT, Choice(), id="the-wish"),
        pytest.param(ask(scale=2.0), PHOTO, 3.0, ask(direction=Direction.RIGHT, scale=2.0), id="one-side-instead"),
        pytest.param(ask(scale=2.0), PHOTO, 1.3, ask(direction=Direction.RIGHT, scale=1.25), id="smaller-and-one-side"),
        pytest.param(ask(style=Style.WILD, prompt="sea"), PHOTO, LIMIT, ask(style=Style.WILD, prompt="sea"), id="kept"),
        pytest.param(Choice().with_ratio("1:1"), Extent(500, 500), LIMIT, Choice(), id="a-ratio-that-it-has"),
        pytest.param(Choice(), PHOTO, 0.9, None, id="too-large-for-anything"),
    ],
)
def test_the_first_choice_is_the_nearest_that_is_possible(
    wish: Choice, photo: Extent, limit: float, found: Choice | None
) -> None:
    assert first_choice(wish, photo, limit) == found


@pytest.mark.parametrize(
    ("photo", "direction", "limit", "most", "found"),
    [
        pytest.param(PHOTO, Direction.ALL, 64.0, 5, (1.52, 5), id="five-share-the-room"),
        pytest.param(PHOTO, Direction.ALL, 10.0, 5, (1.26, 5), id="less-room-smaller-steps"),
        pytest.param(PHOTO, Direction.ALL, 2.0, 5, (1.13, 3), id="none-below-1.1-so-three"),
        pytest.param(PHOTO, Direction.ALL, 1.17, 5, (1.1, 1), id="just-one"),
        pytest.param(PHOTO, Direction.ALL, 1.16, 5, None, id="not-even-one"),
        pytest.param(PHOTO, Direction.ALL, 64.0, 2, (2.0, 2), id="the-quota-has-two-left"),
        pytest.param(PHOTO, Direction.LEFT, 64.0, 5, (1.67, 5), id="one-side-reaches-16000-px"),
        pytest.param(Extent(64, 64), Direction.ALL, 64.0, 5, (2.0, 5), id="none-above-2"),
        pytest.param(Extent(400, 800), Direction.UP, 64.0, 5, (1.58, 5), id="no-narrower-than-20-to-1"),
        pytest.param(Extent(100, 1900), Direction.UP, 64.0, 5, None, id="narrow-already"),
        pytest.param(Extent(7303, 7303), Direction.ALL, 64.0, 5, None, id="large-already"),
    ],
)
def test_a_journey_shares_the_room_that_is_left(
    photo: Extent, direction: Direction, limit: float, most: int, found: tuple[float, int] | None
) -> None:
    wish = ask(direction=direction, style=Style.WILD, prompt="sea").with_ratio("1:1")
    went = journey(wish, photo, limit, most)
    assert (went and (went[0].scale, went[1])) == found
    if went is not None:
        assert (went[0].direction, went[0].style, went[0].prompt, went[0].ratio) == (direction, Style.WILD, "sea", None)


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("photo", [PHOTO, Extent(333, 1000), Extent(5001, 77)])
def test_every_step_of_a_journey_is_a_possible_choice(photo: Extent, direction: Direction) -> None:
    went = journey(ask(direction=direction), photo, LIMIT)
    if went is None:
        return
    canvas, (choice, steps) = photo, went
    for _ in range(steps):
        canvas = choice.margins(canvas, LIMIT).canvas(canvas)
    assert outward(photo, direction, choice.scale or 0, steps)[-1].canvas(photo) == canvas
    assert max(canvas) <= 20 * min(canvas)


def test_what_is_planned_surrounds_the_photo() -> None:
    source = Photo(width=100, height=60)
    row = {"source": source, "left": 10, "top": 0, "right": 10, "bottom": 0, "direction": "horizontal", "scale": 1.2}
    assert planned(Expansion(**row)) == [Margins(10, 0, 10, 0)]
    assert planned(Expansion(**row, steps=3, variant=2)) == [Margins(10, 0, 10, 0), Margins(22, 0, 22, 0)]


def test_the_dice_reach_everything_that_is_possible_and_nothing_else() -> None:
    random, wish = Random(0), ask(prompt="the sea").with_ratio("1:1")
    rolls = [rolled(wish, PHOTO, 3.0, random) for _ in range(2000)]
    assert {roll.prompt for roll in rolls} == {"the sea"}
    assert all(roll.possible(PHOTO, 3.0) for roll in rolls)
    possible = {
        (direction, style, scale)
        for direction in Direction
        for style in Style
        for scale in SCALES
        if ask(direction=direction, style=style, scale=scale).possible(PHOTO, 3.0)
    }
    assert {(roll.direction, roll.style, roll.scale) for roll in rolls} == possible


def test_the_dice_leave_a_photo_without_room_alone() -> None:
    assert rolled(Choice(), PHOTO, 0.9, Random(0)) == Choice()


def test_seeds_differ_and_stay_in_range() -> None:
    seeds = {new_seed() for _ in range(100)}
    assert len(seeds) > 90
    assert max(seeds) < SEEDS
    assert min(seeds) >= 0


def test_four_variants_have_four_remainders() -> None:
    for _ in range(20):
        seeds = [new_seed(variant) for variant in (1, 2, 3, 4)]
        assert {seed % 4 for seed in seeds} == {0, 1, 2, 3}
        assert all(0 <= seed < SEEDS for seed in seeds)


@pytest.mark.parametrize(
    ("made", "photo", "limit", "expected"),
    [
        pytest.param(ask(style=Style.WILD, prompt="a sea"), PHOTO, LIMIT, {}, id="the-same-again"),
        pytest.param(ask(direction=Direction.LEFT, scale=1.3), PHOTO, LIMIT, {}, id="a-scale-that-is-not-offered"),
        pytest.param(ask(scale=2.0), PHOTO, 2.5, {"scale": 1.5}, id="the-largest-that-fits"),
        pytest.param(ask(scale=2.0), PHOTO, 1.6, {"scale": 1.25}, id="the-smallest-fits"),
        pytest.param(ask(scale=1.25, direction=Direction.UP), PHOTO, 1.1, None, id="none-fits"),
        pytest.param(Choice().with_ratio("16:9"), PHOTO, LIMIT, {"scale": 1.5, "ratio": None}, id="a-ratio-is-reached"),
        pytest.param(Choice().with_ratio("1:1"), PHOTO, 1.6, {"scale": 1.25, "ratio": None}, id="a-ratio-and-no-room"),
    ],
)
def test_zooming_out_repeats_the_choice_as_far_as_there_is_room(
    made: Choice, photo: Extent, limit: float, expected: dict[str, object] | None
) -> None:
    chosen = onward(made, photo, limit)
    assert chosen == (None if expected is None else replace(made, **expected))  # type: ignore[arg-type]
