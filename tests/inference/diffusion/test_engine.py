"""The diffusion engine on tiny random pipelines of the real classes, loaded by the production code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.canvas import Box, Margins
from inference.diffusion.embeddings import Embeddings
from inference.diffusion.engine import open_diffusion
from inference.diffusion.init_image import Sketch
from inference.diffusion.painter import Call, paint
from inference.diffusion.prompts import Wording, write
from inference.diffusion.surprises import labels
from inference.diffusion.window import sizes
from inference.engine import Style, ignore
from tests.support.tiny import SMALL, Opened, request_for


def test_an_edit_pipeline_never_sees_two_pictures(tiny_engine: Opened) -> None:
    assert tiny_engine("tiny-qwen-fill", batch=4).batch == 1
    engine = tiny_engine("tiny-klein", batch=4)
    assert engine.batch == 1
    sketch = Sketch(np.zeros((64, 64, 3), np.uint8), np.full((64, 64), 255, np.uint8), Box(0, 0, 64, 64))
    call = Call(Style.FAITHFUL, [Wording("", "", ())] * 2, [0, 1])
    with pytest.raises(ValueError, match="mix"):
        paint(engine.pipeline, engine.preset, [sketch, sketch], call, ignore, Embeddings())


@pytest.mark.parametrize("side", [200, 400, 1200])
def test_a_photo_of_any_size_costs_the_same(tiny_engine: Opened, side: int) -> None:
    engine, seen = tiny_engine("tiny-sdxl"), list[torch.Size]()
    hook = engine.pipeline.unet.register_forward_pre_hook(lambda _net, inputs: seen.append(inputs[0].shape))
    request = request_for("coffee", side)
    engine.expand(request, ignore)
    hook.remove()
    assert len(seen) == engine.preset.steps
    assert {shape[-1] * shape[-2] * 64 for shape in seen} == {160 * 96}


SMALLER = SMALL.replace("16384", "7000").replace("32", "16")  # three sizes that differ in length


def test_compiled_blocks_are_ready_for_every_size(tiny_presets: Path, tmp_path: Path) -> None:
    """Large models need more sequence lengths than torch compiles by default. This one has a UNet and a ControlNet."""
    name = "tiny-sdxl"
    own = tmp_path / "own.toml"
    own.write_text(tiny_presets.read_text("utf-8").replace(SMALL, SMALLER), "utf-8")
    plain = open_diffusion(f"{name}?presets={own}")
    lengths = {width * height for width, height in sizes(plain.preset.budget, plain.preset.multiple)}
    with torch._dynamo.config.patch(recompile_limit=len(lengths) - 1, fail_on_recompile_limit_hit=True):
        engine = open_diffusion(f"{name}?presets={own}&compile=eager")
    graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    assert graphs >= len(lengths) > 2
    for margins in (Margins(left=60), Margins(30, 30, 30, 30), Margins(top=20)):
        request = replace(request_for("coffee", 60), margins=margins)
        assert np.array_equal(engine.expand(request, ignore).pixels, plain.expand(request, ignore).pixels)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == graphs


def test_the_key_names_what_a_picture_depends_on(tiny_engine: Opened) -> None:
    key = tiny_engine("tiny-sdxl", memory="fp8", batch=2).key
    assert key.startswith("tiny-sdxl@sdxl+controlnet+vae preset=")
    assert " fp8 batch=2 budget=16384 multiple=32 " in key
    assert f"torch={torch.__version__}" in key


def test_each_choice_has_a_key_of_its_own(tiny_engine: Opened) -> None:
    choices: list[dict[str, object]] = [{}, {"memory": "fp8"}, {"batch": 2}]
    engines = [tiny_engine(name, **options) for name in ("tiny-sdxl", "tiny-sdxl-quality") for options in choices]
    assert len({engine.key for engine in engines}) == len(engines)


@pytest.mark.parametrize("style", Style)
def test_the_recipe_tells_the_words_that_the_model_was_told(tiny_engine: Opened, style: Style) -> None:
    engine, request = tiny_engine("tiny-sdxl"), replace(request_for("coffee", 120), style=style)
    recipe = engine.expand(request, ignore).recipe
    wording = write(engine.preset, style, request.margins, request.seed)
    assert tuple(recipe["words"]) == wording.words
    assert all(label in wording.prompt for label in labels(recipe["words"], "en"))
    assert engine.expand(request, ignore).recipe == recipe
    assert recipe["key"] == engine.key


def test_the_recipe_tells_the_size_of_each_pass(tiny_engine: Opened) -> None:
    engine, request = tiny_engine("tiny-sdxl"), request_for("coffee", 120)
    width, height = request.extent
    twice = replace(request, margins=Margins(width // 2, height // 2, width // 2, height // 2))
    requests = request, twice, replace(request, margins=Margins())
    assert [len(engine.expand(asked, ignore).recipe["worked_at"]) for asked in requests] == [1, 2, 0]


def test_terms_that_forbid_business_are_said_when_the_model_is_opened(
    tiny_presets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    open_diffusion(f"tiny-flux-fill?presets={tiny_presets}")
    assert "non-commercial use of the model" in caplog.text
    caplog.clear()
    open_diffusion(f"tiny-sd15?presets={tiny_presets}")
    assert "commercial" not in caplog.text
