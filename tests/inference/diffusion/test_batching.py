"""Variants of one start are painted in one call, and each seed gives the same picture as alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from inference.canvas import Box, Extent, Margins
from inference.diffusion.batching import Kept, Painting, seated, start_of
from inference.diffusion.engine import Diffusion, open_diffusion
from inference.diffusion.placement import denoisers
from inference.diffusion.presets import shipped
from inference.diffusion.window import Window
from inference.engine import Cancelled, Pixels, Request, Style, ignore
from inference.quality.gate import Kind, Problem, Unfit
from tests.support.tiny import NAMES, Opened, request_for

FOUR = (8, 5, 6, 3)  # each has a seat of its own among four, two and two share one among two
TOGETHER = [name for name in NAMES if shipped()[name.removeprefix("tiny-")].together]
BATCHED = set(TOGETHER) - {"tiny-sd15-lcm", "tiny-sdxl-quality"}  # others have their classes and their schedulers
TWO = FOUR[:2]
REQUEST = request_for("coffee", 120, Style.WILD)
BAD = Problem(Kind.IGNORED, None, 30.0, 25.0)


def asked(seed: int, beside: Sequence[int] = (), request: Request = REQUEST) -> Request:
    return replace(request, seed=seed, beside=tuple(beside))


def in_turn(engine: Diffusion, seeds: Sequence[int], request: Request = REQUEST) -> dict[int, Pixels]:
    """Paint the variants one after the other as the bot does, naming the remaining seeds in each request."""
    return {
        seed: engine.expand(asked(seed, seeds[number + 1 :], request), ignore).pixels
        for number, seed in enumerate(seeds)
    }


def same(some: dict[int, Pixels], others: dict[int, Pixels]) -> bool:
    return some.keys() == others.keys() and all(np.array_equal(some[seed], others[seed]) for seed in some)


@contextmanager
def steps_of(engine: Diffusion) -> Iterator[list[object]]:
    """Return a list that gets one entry for each call of the denoiser."""
    seen = list[object]()
    hook = denoisers(engine.pipeline)[0].register_forward_pre_hook(lambda *_seen: seen.append(None))
    yield seen
    hook.remove()


@pytest.mark.parametrize(("name", "batch"), [*((name, 4) for name in sorted(BATCHED)), ("tiny-sd15", 2)])
def test_a_seed_gives_one_picture_alone_and_in_any_company(tiny_engine: Opened, name: str, batch: int) -> None:
    engine = tiny_engine(name, batch=batch)
    alone = {seed: engine.expand(asked(seed), ignore).pixels for seed in FOUR}
    assert same(in_turn(engine, FOUR), alone)
    assert same(in_turn(engine, FOUR[::-1]), alone)
    assert not any(np.array_equal(one, other) for one, other in combinations(alone.values(), 2))


def test_after_a_crash_another_process_paints_the_same(tiny_engine: Opened, tiny_presets: Path) -> None:
    first, second, third = 8, 5, 3
    together = in_turn(tiny_engine("tiny-sd15", batch=4), (first, second, third))
    crashed = open_diffusion(f"tiny-sd15?presets={tiny_presets}&batch=4")
    assert np.array_equal(crashed.expand(asked(second, [third]), ignore).pixels, together[second])


@pytest.mark.parametrize(
    ("seeds", "batch", "calls"),
    [
        pytest.param(FOUR, 4, 1, id="four seats"),
        pytest.param(FOUR, 2, 2, id="two seats for each"),
        pytest.param(FOUR, 1, 4, id="no batch"),
        pytest.param((4, 8, 12, 3), 4, 3, id="three want the same seat"),
    ],
)
def test_each_call_paints_what_it_has_seats_for(
    tiny_engine: Opened, seeds: Sequence[int], batch: int, calls: int
) -> None:
    engine = tiny_engine("tiny-sd15-cpu", batch=batch)
    with steps_of(engine) as steps:
        in_turn(engine, seeds)
    assert len(steps) == engine.preset.steps * calls


def test_variants_are_asked_one_after_the_other(tiny_engine: Opened) -> None:
    engine, told = tiny_engine("tiny-sd15", batch=2), list[float]()
    with steps_of(engine) as steps:
        canvases = [painted.pixels for painted in engine.variants(REQUEST, TWO, told.append)]
    assert len(steps) == engine.preset.steps
    assert same(
        dict(zip(TWO, canvases, strict=True)), {seed: engine.expand(asked(seed), ignore).pixels for seed in TWO}
    )
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


def test_passes_go_on_together(tiny_engine: Opened) -> None:
    engine, (width, height) = tiny_engine("tiny-sdxl", batch=2), REQUEST.extent
    twice = replace(REQUEST, margins=Margins(width // 2, height // 2, width // 2, height // 2))
    with steps_of(engine) as steps:
        together = in_turn(engine, TWO, twice)
    assert len(steps) == engine.preset.steps * 2
    assert same(together, {seed: engine.expand(asked(seed, (), twice), ignore).pixels for seed in TWO})


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"photo": np.ascontiguousarray(REQUEST.photo[:, ::-1])}, id="another photo"),
        pytest.param({"margins": Margins(left=40)}, id="other margins"),
        pytest.param({"style": Style.FAITHFUL}, id="another style"),
        pytest.param({"prompt": "a lighthouse"}, id="other words"),
    ],
)
def test_what_is_kept_is_for_the_same_start_alone(tiny_engine: Opened, other: dict[str, object]) -> None:
    engine, different = tiny_engine("tiny-sd15", batch=2), replace(REQUEST, **other)
    assert start_of(different) != start_of(REQUEST)
    alone = engine.expand(asked(5, (), different), ignore).pixels
    engine.expand(asked(8, [5]), ignore)
    assert np.array_equal(engine.expand(asked(5, (), different), ignore).pixels, alone)


def test_a_variant_cancelled_in_the_call_leaves_the_others_to_be_painted(tiny_engine: Opened) -> None:
    engine = tiny_engine("tiny-sdxl-quality", batch=4)
    alone = {seed: engine.expand(asked(seed), ignore).pixels for seed in FOUR[1:]}

    def leave(fraction: float) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.expand(asked(FOUR[0], FOUR[1:]), leave)
    with steps_of(engine) as steps:
        assert same(in_turn(engine, FOUR[1:]), alone)
    assert len(steps) == engine.preset.steps


@pytest.mark.parametrize("passes", [1, 2])
def test_a_variant_that_ignores_the_photo_is_nobody_elses_trouble(tiny_presets: Path, passes: int) -> None:
    """A bound between two good and two bad variants refuses the bad ones, alone and in a batch."""
    engine, width = open_diffusion(f"tiny-sd15-cpu?presets={tiny_presets}&batch=4"), REQUEST.extent.width
    request = replace(REQUEST, margins=Margins(left=width // 3 if passes == 1 else width), judged=True)
    errors = [error for seed in FOUR if isinstance(error := tried(engine, asked(seed, (), request), 0.0), float)]
    bound = sum(sorted(errors)[1:3]) / 2
    alone = [tried(engine, asked(seed, (), request), bound) for seed in FOUR]
    assert 2 <= sum(isinstance(one, float) for one in alone) < 4
    together = [tried(engine, asked(seed, FOUR[number + 1 :], request), bound) for number, seed in enumerate(FOUR)]
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def tried(engine: Diffusion, request: Request, bound: float) -> Pixels | float:
    """Return the canvas, or the likeness for which it was refused."""
    engine.preset = engine.preset.model_copy(update={"foreign": bound})
    try:
        return engine.expand(request, ignore).pixels
    except Unfit as unfit:
        return unfit.problem.found


@pytest.mark.parametrize(
    ("seed", "beside", "batch", "seats"),
    [
        pytest.param(7, (), 1, [7], id="no batch"),
        pytest.param(7, (1, 2), 1, [7], id="no room for others"),
        pytest.param(6, (), 4, [6, 6, 6, 6], id="alone"),
        pytest.param(6, (8, 5, 3), 4, [8, 5, 6, 3], id="a seat for each"),
        pytest.param(3, (5, 8, 6), 4, [8, 5, 6, 3], id="the same seats in any order"),
        pytest.param(6, (2, 10, 9, 13), 4, [6, 9, 6, 6], id="the one that is asked for, then the first to come"),
        pytest.param(6, (6, 7), 2, [6, 7], id="itself among the others"),
    ],
)
def test_who_sits_where(seed: int, beside: tuple[int, ...], batch: int, seats: list[int]) -> None:
    assert seated(seed, beside, batch) == seats


def painting(seed: int, size: int = 1000) -> Painting:
    pixels, window = np.zeros((1, size // 6, 3), np.uint8), Window(Box(0, 0, 1, 1), Extent(1, 1))
    return Painting(pixels, pixels, Margins(), window, False, seed)


def test_what_is_kept_is_handed_out_once() -> None:
    kept, one = Kept(), painting(1)
    kept.put("start", {1: one, 2: BAD})
    assert kept.take("start", 1, [2]) is one
    assert kept.take("start", 1, [2]) is None
    assert kept.take("start", 2, []) is BAD


def test_what_nobody_waits_for_any_more_goes() -> None:
    kept = Kept()
    kept.put("start", {1: painting(1), 2: painting(2), 3: painting(3)})
    kept.put("other", {1: painting(1)})
    kept.take("start", 1, [3])
    assert [key for key in [("start", 2), ("start", 3), ("other", 1)] if key in kept] == [("start", 3), ("other", 1)]


def test_what_is_kept_is_bounded_in_bytes() -> None:
    kept = Kept(most=2000)
    for seed in range(5):
        kept.put(str(seed), {seed: painting(seed)})
    assert len(kept) == 2
    assert ("4", 4) in kept
    kept.put("large", {9: painting(9, 4000)})
    assert len(kept) == 0


def test_with_another_memory_mode_nothing_is_kept(tiny_presets: Path) -> None:
    engine = open_diffusion(f"tiny-sd15?presets={tiny_presets}&batch=2")
    engine.expand(asked(8, [5]), ignore)
    engine._fall_back("a test")
    alone = open_diffusion(f"tiny-sd15?presets={tiny_presets}&batch=2&memory={engine.mode}")
    one, other = engine.expand(asked(5), ignore), alone.expand(asked(5), ignore)
    assert np.array_equal(one.pixels, other.pixels)
    assert one.recipe == other.recipe
