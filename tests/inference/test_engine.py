"""The contract of engines, tested with PatchMatch and with a tiny pipeline of every class that the presets name."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import cv2
import numpy as np
import pytest

from inference.canvas import Extent, Margins
from inference.diffusion.presets import Fill
from inference.diffusion.window import sizes
from inference.engine import Cancelled, Engine, EngineName, Pixels, Reads, Recipe, Request, Style, ignore
from inference.growth import Direction, parse_ratio, scaled, with_ratio
from inference.registry import open_engine
from inference.safety.verdict import Level, Thresholds
from inference.worker.checks import CheckedEngine, Checks
from tests.support.tiny import Opened, request_for, unlike

# The presets that are left out differ in scheduler, LoRA and 4 bits, in which a processor loads nothing.
PAINTERS = ["patchmatch", *unlike(lambda preset: (preset.pipeline, preset.guidance > 1))]
# What the engine does with a canvas before and after it calls a pipeline, which knows no more of it than a size.
CANVASES = ["patchmatch", *unlike(lambda preset: (preset.fill is Fill.PATCHMATCH, preset.registers, preset.grid))]
# Qwen-Image's edit pipeline encodes a megapixel at every call, so klein's stands for it.
PIPELINES = [name for name in unlike(lambda preset: preset.pipeline) if name != "tiny-qwen-edit"]
MOMENTS: dict[str, Callable[[float], bool]] = {
    "at once": lambda fraction: True,
    "halfway": lambda fraction: fraction > 0.3,
    "at the end": lambda fraction: fraction == 1.0,
}
CHECKED = Checks(gate=False, thresholds=Thresholds(unsure=0.0, unsafe=1.01))  # untrained models paint noise


REQUEST = request_for("coffee", 100)


@pytest.fixture(scope="session", params=PAINTERS)
def engine(request: pytest.FixtureRequest, tiny_engine: Opened) -> Engine:
    return open_engine(EngineName.PATCHMATCH) if request.param == "patchmatch" else tiny_engine(request.param)


@dataclass(frozen=True, eq=False)
class Once:
    """What came of an engine's first expansion of `REQUEST`."""

    canvas: Pixels
    recipe: Recipe
    told: list[float]  # its progress


@pytest.fixture(scope="session")
def once(engine: Engine) -> Once:
    told = list[float]()
    painted = engine.expand(REQUEST, told.append)
    return Once(painted.pixels, painted.recipe, told)


geometries = pytest.mark.parametrize("engine", CANVASES, indirect=True, scope="session")


def kept(canvas: Pixels, request: Request) -> Pixels:
    left, top, right, bottom = request.margins.box(request.extent)
    return canvas[top:bottom, left:right]


def expanded(engine: Engine, request: Request) -> Pixels:
    """Expand, and check that the canvas has the right size and contains the photo bit for bit."""
    photo = request.photo.copy()
    canvas = engine.expand(replace(request, judged=False), ignore).pixels  # the tiny models are not trained
    assert canvas.dtype == np.uint8
    assert canvas.shape[1::-1] == request.margins.canvas(request.extent)
    assert np.array_equal(kept(canvas, request), photo)
    assert np.array_equal(request.photo, photo)
    return canvas


@geometries
@pytest.mark.parametrize("direction", Direction)
def test_every_direction(engine: Engine, direction: Direction) -> None:
    request = request_for("chelsea", 90)
    expanded(engine, replace(request, margins=scaled(request.extent, direction, 1.5)))


@geometries
@pytest.mark.parametrize("scale", [1.05, 2.0], ids=["a little", "in two passes"])
def test_every_scale(engine: Engine, scale: float) -> None:
    request = request_for("chelsea", 90)
    expanded(engine, replace(request, margins=scaled(request.extent, Direction.RIGHT, scale)))


@geometries
@pytest.mark.parametrize("ratio", ["1:1", "16:9", "9:16"])
def test_every_ratio(engine: Engine, ratio: str) -> None:
    request = request_for("chelsea", 90)
    expanded(engine, replace(request, margins=with_ratio(request.extent, Direction.ALL, parse_ratio(ratio))))


@geometries
@pytest.mark.parametrize(
    ("extent", "margins"),
    [
        pytest.param(Extent(8, 8), Margins(4, 4, 4, 4), id="tiny"),
        pytest.param(Extent(1, 1), Margins(3, 0, 0, 5), id="one pixel"),
        pytest.param(Extent(64, 64), Margins(1, 0, 0, 0), id="one new column"),
        pytest.param(Extent(300, 20), Margins(90, 0, 90, 0), id="strip, both ends"),
        pytest.param(Extent(20, 300), Margins(7, 60, 0, 60), id="upright strip, three sides"),
        pytest.param(Extent(40, 40), Margins(80, 0, 0, 0), id="huge margin"),
        pytest.param(Extent(30, 30), Margins(), id="nothing"),
    ],
)
def test_odd_geometry(engine: Engine, extent: Extent, margins: Margins) -> None:
    """In every style of PatchMatch; a model's styles change its words alone."""
    photo = np.asarray(cv2.resize(request_for("sunset", 200).photo, extent, interpolation=cv2.INTER_AREA), np.uint8)
    for style in [Style.FAITHFUL] if engine.reads is not Reads.NOTHING else Style:
        assert expanded(engine, Request(photo, margins, style)) is not photo


@pytest.mark.parametrize("engine", PIPELINES, indirect=True, scope="session")
def test_every_size_that_a_pipeline_works_at(engine: Engine) -> None:
    shapes = [
        (Extent(60, 40), Margins(left=60)),  # in two passes
        (Extent(40, 60), Margins(20, 10, 20, 30)),  # in two passes
        (Extent(64, 64), Margins(left=1)),
    ]
    worked = list[str]()
    for extent, margins in shapes:
        photo = np.asarray(cv2.resize(REQUEST.photo, extent, interpolation=cv2.INTER_AREA), np.uint8)
        request = replace(REQUEST, photo=photo, margins=margins)
        painted = engine.expand(request, ignore)
        assert np.array_equal(kept(painted.pixels, request), photo)
        worked += painted.recipe["worked_at"]
    assert sorted(worked) == sorted(f"{width}x{height}" for width, height in sizes(16384, 32))


def test_the_seed_decides_whoever_else_is_served(engine: Engine, once: Once) -> None:
    expanded(engine, request_for("chelsea", 90, style=Style.WILD, seed=9))
    assert np.array_equal(expanded(engine, REQUEST), once.canvas)
    assert not np.array_equal(expanded(engine, replace(REQUEST, seed=2**31 - 1)), once.canvas)


def test_styles_differ_and_words_count_where_they_are_read(engine: Engine, once: Once) -> None:
    assert REQUEST.style is Style.FAITHFUL
    playful, wild = (expanded(engine, replace(REQUEST, style=style)) for style in (Style.PLAYFUL, Style.WILD))
    assert not any(np.array_equal(*pair) for pair in combinations((once.canvas, playful, wild), 2))
    told = expanded(engine, replace(REQUEST, prompt="a lighthouse"))
    assert np.array_equal(told, once.canvas) == (engine.reads is Reads.NOTHING)


def test_the_recipe_names_what_made_a_picture_and_travels_as_json(once: Once) -> None:
    assert "=" in str(once.recipe["key"])
    assert json.loads(json.dumps(once.recipe)) == once.recipe


def test_progress_only_grows_from_nothing_to_all(once: Once) -> None:
    assert once.told == sorted(once.told)
    assert (once.told[0], once.told[-1]) == (0.0, 1.0)
    assert len(once.told) > 3


def test_cancelling_passes_through_and_the_engine_goes_on(engine: Engine, once: Once) -> None:
    for moment, soon_enough in MOMENTS.items():

        def leave(fraction: float, soon_enough: Callable[[float], bool] = soon_enough) -> None:
            if soon_enough(fraction):
                raise Cancelled

        with pytest.raises(Cancelled):
            engine.expand(REQUEST, leave)
        assert np.array_equal(expanded(engine, REQUEST), once.canvas), moment


def test_photo_and_result_are_checked_and_both_decisions_logged(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "inference.safety.verdict"):
        checked = CheckedEngine(engine, CHECKED).expand(request_for("chelsea", 90), ignore)
    assert checked.verdict.level is Level.UNSURE
    assert len([line for line in caplog.messages if line.startswith("unsure by mobilenet: explicit 0.")]) == 2
