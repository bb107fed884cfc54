"""The engine with weights, on tiny random pipelines of the true classes, loaded by the code that loads real ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import NAMES, Opened, request_for

from inference.canvas import Box, Direction, Extent, Margins, scaled, with_ratio
from inference.diffusion.engine import open_diffusion
from inference.diffusion.painter import Call, paint
from inference.diffusion.prompts import Wording, write
from inference.diffusion.sketch import Sketch
from inference.diffusion.words import labels
from inference.engine import Pixels, Request, Style, ignore


def kept(result: Pixels, request: Request) -> Pixels:
    left, top, right, bottom = request.margins.box(request.extent)
    return result[top:bottom, left:right]


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_paints_around_the_very_photo(tiny_engine: Opened, name: str) -> None:
    request, told = request_for("coffee", 150), list[float]()
    result = tiny_engine(name).expand(request, told.append)
    assert result.shape[1::-1] == request.margins.canvas(request.extent)
    assert result.dtype == np.uint8
    assert np.array_equal(kept(result, request), request.photo)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 3


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_whoever_else_is_served(tiny_engine: Opened, name: str) -> None:
    engine, request = tiny_engine(name), request_for("coffee", 150)
    first = engine.expand(request, ignore)
    somebody = engine.expand(request_for("rocket", 120, style=Style.WILD, seed=9), ignore)
    assert np.array_equal(engine.expand(request, ignore), first)
    assert not np.array_equal(engine.expand(replace(request, seed=4), ignore), first)
    assert somebody.shape != first.shape


@pytest.mark.parametrize("name", ["tiny-sd15", "tiny-sdxl-quality", "tiny-flux-fill"])
def test_variants_in_a_padded_batch_are_what_they_are_alone(tiny_engine: Opened, name: str) -> None:
    """The first and the last have the place in their batch that they have alone; sums run otherwise in other places."""
    engine, request = tiny_engine(name, batch=2), request_for("coffee", 120)
    three = engine.variants(request, [1, 2, 3], ignore)
    alone = [engine.expand(replace(request, seed=seed), ignore) for seed in (1, 2, 3)]
    assert np.array_equal(three[0], alone[0])
    assert np.abs(three[1].astype(int) - alone[1]).max() <= 2
    assert np.array_equal(three[2], alone[2])


def test_an_edit_pipeline_never_sees_two_pictures(tiny_engine: Opened) -> None:
    engine = tiny_engine("tiny-klein", batch=4)
    assert engine.batch == 1
    sketch = Sketch(np.zeros((64, 64, 3), np.uint8), np.full((64, 64), 255, np.uint8), Box(0, 0, 64, 64))
    call = Call(Style.FAITHFUL, [Wording("", "", ())] * 2, [0, 1])
    with pytest.raises(ValueError, match="mix"):
        paint(engine.pipeline, engine.preset, [sketch, sketch], call, ignore)


@pytest.mark.parametrize("direction", Direction)
def test_every_direction(tiny_engine: Opened, direction: Direction) -> None:
    request = request_for("chelsea", 90)
    request = replace(request, margins=scaled(request.extent, direction, 2.0))
    result = tiny_engine("tiny-sd15").expand(request, ignore)
    assert result.shape[1::-1] == request.margins.canvas(request.extent)
    assert np.array_equal(kept(result, request), request.photo)


@pytest.mark.parametrize(
    ("extent", "margins"),
    [
        pytest.param(Extent(1, 1), Margins(3, 0, 0, 5), id="one pixel"),
        pytest.param(Extent(64, 64), Margins(1, 0, 0, 0), id="one new column"),
        pytest.param(Extent(300, 20), Margins(90, 0, 90, 0), id="strip, both ends"),
        pytest.param(Extent(20, 300), Margins(7, 60, 0, 60), id="upright strip, three sides"),
        pytest.param(Extent(40, 40), Margins(80, 0, 0, 0), id="three passes"),
        pytest.param(Extent(160, 90), with_ratio(Extent(160, 90), Direction.ALL, 1), id="ratio 1:1"),
        pytest.param(Extent(30, 30), Margins(), id="nothing"),
    ],
)
def test_odd_geometry(tiny_engine: Opened, extent: Extent, margins: Margins) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (extent.height, extent.width, 3), np.uint8)
    request = Request(photo, margins)
    result = tiny_engine("tiny-sd15").expand(request, ignore)
    assert result.shape[1::-1] == margins.canvas(extent)
    assert np.array_equal(kept(result, request), photo)


@pytest.mark.parametrize("name", ["tiny-sd15-lcm", "tiny-sdxl", "tiny-klein", "tiny-flux-fill"])
def test_words_and_style_change_the_picture(tiny_engine: Opened, name: str) -> None:
    engine, request = tiny_engine(name), request_for("coffee", 120)
    pictures = [
        engine.expand(replace(request, **changes), ignore)
        for changes in ({}, {"prompt": "a lighthouse"}, {"style": Style.PLAYFUL}, {"style": Style.WILD})
    ]
    for number, picture in enumerate(pictures):
        assert not any(np.array_equal(picture, other) for other in pictures[:number])


@pytest.mark.parametrize("side", [200, 400, 1200])
def test_a_photo_of_any_size_costs_the_same(tiny_engine: Opened, side: int) -> None:
    engine, seen = tiny_engine("tiny-sdxl"), list[torch.Size]()
    hook = engine.pipeline.unet.register_forward_pre_hook(lambda _net, inputs: seen.append(inputs[0].shape))
    request = request_for("coffee", side)
    engine.expand(request, ignore)
    hook.remove()
    assert len(seen) == engine.preset.steps
    assert {shape[-1] * shape[-2] * 64 for shape in seen} == {160 * 96}


def test_compiled_blocks_are_ready_for_every_size(tiny_presets: Path, tiny_engine: Opened) -> None:
    engine = open_diffusion(f"tiny-sd15?presets={tiny_presets}&compile=eager")
    frames = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    assert frames > 0
    for side in (60, 100):
        request = replace(request_for("coffee", side), margins=Margins(left=side))
        assert np.array_equal(engine.expand(request, ignore), tiny_engine("tiny-sd15").expand(request, ignore))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == frames


def test_the_key_names_what_a_picture_depends_on(tiny_engine: Opened) -> None:
    key = tiny_engine("tiny-sdxl", memory="fp8", batch=2).key
    assert key.startswith("tiny-sdxl@sdxl+controlnet+vae fp8 batch=2 ")
    assert f"torch={torch.__version__}" in key


@pytest.mark.parametrize("style", Style)
def test_the_recipe_tells_the_words_that_the_model_was_told(tiny_engine: Opened, style: Style) -> None:
    engine, request = tiny_engine("tiny-sdxl"), replace(request_for("coffee", 120), style=style)
    recipe = engine.recipe(request)
    wording = write(engine.preset, style, request.margins, request.seed)
    assert tuple(recipe["words"]) == wording.words
    assert all(label in wording.prompt for label in labels(recipe["words"], "en"))
    assert engine.recipe(request) == recipe
    assert recipe["key"] == engine.key


def test_the_recipe_tells_the_size_of_each_pass(tiny_engine: Opened) -> None:
    engine, request = tiny_engine("tiny-sdxl"), request_for("coffee", 120)
    width, height = request.extent
    twice = replace(request, margins=Margins(width // 2, height // 2, width // 2, height // 2))
    assert len(engine.recipe(request)["worked_at"]) == 1
    assert len(engine.recipe(twice)["worked_at"]) == 2
    assert engine.recipe(replace(request, margins=Margins()))["worked_at"] == []


def test_terms_that_forbid_business_are_said_when_the_model_is_opened(
    tiny_presets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    open_diffusion(f"tiny-flux-fill?presets={tiny_presets}")
    assert "non-commercial use of the model" in caplog.text
    caplog.clear()
    open_diffusion(f"tiny-sd15?presets={tiny_presets}")
    assert "commercial" not in caplog.text
