"""The contract of engines, tested with PatchMatch and with every preset's tiny pipeline."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from inference.canvas import Extent, Margins
from inference.diffusion.presets import shipped
from inference.engine import Cancelled, Engine, EngineName, Pixels, Reads, Request, Style, ignore
from inference.growth import Direction, parse_ratio, scaled, with_ratio
from inference.registry import open_engine
from inference.safety.verdict import Level, Thresholds
from inference.worker.checks import CheckedEngine, Checks
from tests.support.tiny import NAMES, Opened, request_for


def unlike() -> list[str]:
    """Return PatchMatch and one preset for each pipeline and way to show it the canvas.

    The presets that are left out differ from these in scheduler, guidance, LoRA and data type, which see no geometry.
    Qwen-Image's edit pipeline encodes a megapixel at every call, so klein's stands for it.
    """
    found = dict[object, str]()
    for name in (name for name in NAMES if not name.startswith("tiny-qwen-edit")):
        preset = shipped()[name.removeprefix("tiny-")]
        shown = preset.kind, preset.fill, preset.overlap, preset.grid, preset.registers
        found.setdefault((preset.pipeline, *shown), name)
    return ["patchmatch", *found.values()]


MOMENTS: dict[str, Callable[[float], bool]] = {
    "at once": lambda fraction: True,
    "halfway": lambda fraction: fraction > 0.3,
    "at the end": lambda fraction: fraction == 1.0,
}
CHECKED = Checks(gate=False, thresholds=Thresholds(unsure=0.0, unsafe=1.01))  # untrained models paint noise


@pytest.fixture(scope="session", params=["patchmatch", *NAMES])
def engine(request: pytest.FixtureRequest, tiny_engine: Opened) -> Engine:
    return open_engine(EngineName.PATCHMATCH) if request.param == "patchmatch" else tiny_engine(request.param)


geometries = pytest.mark.parametrize("engine", unlike(), indirect=True, scope="session")


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
    request = request_for("coffee", 80)
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


def test_the_seed_decides_whoever_else_is_served(engine: Engine) -> None:
    request, somebody = request_for("coffee", 100), request_for("rocket", 120, style=Style.WILD, seed=9)
    first = expanded(engine, request)
    expanded(engine, somebody)
    assert np.array_equal(expanded(engine, request), first)
    assert not np.array_equal(expanded(engine, replace(request, seed=2**31 - 1)), first)


def test_styles_differ_and_words_count_where_they_are_read(engine: Engine) -> None:
    request = request_for("coffee", 100)
    pictures = [expanded(engine, replace(request, style=style)) for style in Style]
    assert not any(np.array_equal(pictures[one], pictures[other]) for one, other in ((0, 1), (0, 2), (1, 2)))
    told = expanded(engine, replace(request, prompt="a lighthouse"))
    assert np.array_equal(told, pictures[0]) == (engine.reads is Reads.NOTHING)


def test_the_recipe_names_what_made_a_picture_and_travels_as_json(engine: Engine) -> None:
    recipe = engine.expand(request_for("coffee", 100), ignore).recipe
    assert "=" in str(recipe["key"])
    assert json.loads(json.dumps(recipe)) == recipe


def test_progress_only_grows_from_nothing_to_all(engine: Engine) -> None:
    told: list[float] = []
    engine.expand(request_for("chelsea", 90), told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert len(told) > 3


def test_cancelling_passes_through_and_the_engine_goes_on(engine: Engine) -> None:
    request = request_for("chelsea", 90)
    before = expanded(engine, request)
    for moment, soon_enough in MOMENTS.items():

        def leave(fraction: float, soon_enough: Callable[[float], bool] = soon_enough) -> None:
            if soon_enough(fraction):
                raise Cancelled

        with pytest.raises(Cancelled):
            engine.expand(request, leave)
        assert np.array_equal(expanded(engine, request), before), moment


def test_photo_and_result_are_checked_and_both_decisions_logged(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "inference.safety.verdict"):
        checked = CheckedEngine(engine, CHECKED).expand(request_for("chelsea", 90), ignore)
    assert checked.verdict.level is Level.UNSURE
    assert len([line for line in caplog.messages if line.startswith("unsure by mobilenet: explicit 0.")]) == 2
