"""The engine with weights, on tiny random pipelines of the true classes, loaded by the code that loads real ones."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import NAMES, request_for

from inference.canvas import Box, Direction, Extent, Margins, scaled, with_ratio
from inference.diffusion.checkpoint import Checkpoint
from inference.diffusion.engine import Diffusion, open_diffusion
from inference.diffusion.memory import Card, Mode
from inference.diffusion.painter import Call, paint
from inference.diffusion.pipeline import denoisers, load
from inference.diffusion.prompts import Wording
from inference.diffusion.sketch import Sketch
from inference.engine import Cancelled, EngineUnavailable, Pixels, Request, Style, ignore
from inference.gate import Unfit

Opened = Callable[..., Diffusion]


@pytest.fixture(scope="module")
def opened(tiny_presets: Path) -> Opened:
    """`opened("tiny-sd15", memory="fp8")`; the same engine again for the same words."""
    engines: dict[str, Diffusion] = {}

    def one(name: str, **options: Any) -> Diffusion:
        model = "&".join([f"{name}?presets={tiny_presets}", *(f"{key}={value}" for key, value in options.items())])
        if model not in engines:
            engines[model] = open_diffusion(model)
        return engines[model]

    return one


def kept(result: Pixels, request: Request) -> Pixels:
    left, top, right, bottom = request.margins.box(request.extent)
    return result[top:bottom, left:right]


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_paints_around_the_very_photo(opened: Opened, name: str) -> None:
    request, told = request_for("coffee", 150), list[float]()
    result = opened(name).expand(request, told.append)
    assert result.shape[1::-1] == request.margins.canvas(request.extent)
    assert result.dtype == np.uint8
    assert np.array_equal(kept(result, request), request.photo)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 3


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_whoever_else_is_served(opened: Opened, name: str) -> None:
    engine, request = opened(name), request_for("coffee", 150)
    first = engine.expand(request, ignore)
    somebody = engine.expand(request_for("rocket", 120, style=Style.WILD, seed=9), ignore)
    assert np.array_equal(engine.expand(request, ignore), first)
    assert not np.array_equal(engine.expand(replace(request, seed=4), ignore), first)
    assert somebody.shape != first.shape


@pytest.mark.parametrize("name", ["tiny-sd15", "tiny-sdxl-quality", "tiny-flux-fill", "tiny-z-image"])
def test_variants_in_a_padded_batch_are_what_they_are_alone(opened: Opened, name: str) -> None:
    """The first and the last have the place in their batch that they have alone; sums run otherwise in other places."""
    engine, request = opened(name, batch=2), request_for("coffee", 120)
    three = engine.variants(request, [1, 2, 3], ignore)
    alone = [engine.expand(replace(request, seed=seed), ignore) for seed in (1, 2, 3)]
    assert np.array_equal(three[0], alone[0])
    assert np.abs(three[1].astype(int) - alone[1]).max() <= 2
    assert np.array_equal(three[2], alone[2])


def test_an_edit_pipeline_never_sees_two_pictures(opened: Opened) -> None:
    engine = opened("tiny-klein", batch=4)
    assert engine.batch == 1
    sketch = Sketch(np.zeros((64, 64, 3), np.uint8), np.full((64, 64), 255, np.uint8), Box(0, 0, 64, 64))
    call = Call(Style.FAITHFUL, [Wording("", "", ())] * 2, [0, 1])
    with pytest.raises(ValueError, match="mix"):
        paint(engine.pipeline, engine.preset, [sketch, sketch], call, ignore)


@pytest.mark.parametrize("direction", Direction)
def test_every_direction(opened: Opened, direction: Direction) -> None:
    request = request_for("chelsea", 90)
    request = replace(request, margins=scaled(request.extent, direction, 2.0))
    result = opened("tiny-sd15").expand(request, ignore)
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
def test_odd_geometry(opened: Opened, extent: Extent, margins: Margins) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (extent.height, extent.width, 3), np.uint8)
    request = Request(photo, margins)
    result = opened("tiny-sd15").expand(request, ignore)
    assert result.shape[1::-1] == margins.canvas(extent)
    assert np.array_equal(kept(result, request), photo)


@pytest.mark.parametrize("name", NAMES)
def test_words_and_style_change_the_picture(opened: Opened, name: str) -> None:
    engine, request = opened(name), request_for("coffee", 120)
    pictures = [
        engine.expand(replace(request, **changes), ignore)
        for changes in ({}, {"prompt": "a lighthouse"}, {"style": Style.PLAYFUL}, {"style": Style.WILD})
    ]
    for number, picture in enumerate(pictures):
        assert not any(np.array_equal(picture, other) for other in pictures[:number])


@pytest.mark.parametrize("side", [200, 400, 1200])
def test_a_photo_of_any_size_costs_the_same(opened: Opened, side: int) -> None:
    engine, seen = opened("tiny-sdxl"), list[torch.Size]()
    hook = engine.pipeline.unet.register_forward_pre_hook(lambda _net, inputs: seen.append(inputs[0].shape))
    request = request_for("coffee", side)
    engine.expand(request, ignore)
    hook.remove()
    assert len(seen) == engine.preset.steps
    assert {shape[-1] * shape[-2] * 64 for shape in seen} == {160 * 96}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("name", ["tiny-sd15-lcm", "tiny-sdxl", "tiny-klein"])
def test_every_memory_mode_paints(opened: Opened, name: str, mode: Mode) -> None:
    engine, request = opened(name, memory=mode), request_for("coffee", 120)
    result = engine.expand(request, ignore)
    assert engine.mode is mode
    assert np.array_equal(engine.expand(request, ignore), result)
    stored = {weights.dtype for weights in denoisers(engine.pipeline)[0].parameters()}
    assert (torch.float8_e4m3fn in stored) == (mode is Mode.FP8)


@pytest.mark.parametrize("mode", [Mode.RESIDENT, Mode.OFFLOAD])
@pytest.mark.parametrize("name", ["tiny-sd15", "tiny-sdxl", "tiny-klein", "tiny-flux-fill"])
def test_cancelling_leaves_within_one_step_and_the_engine_goes_on(opened: Opened, name: str, mode: Mode) -> None:
    engine, request = opened(name, memory=mode), request_for("coffee", 120)
    before, steps = engine.expand(request, ignore), list[Any]()
    hook = denoisers(engine.pipeline)[0].register_forward_pre_hook(lambda *seen: steps.append(seen))

    def enough(_fraction: float) -> None:
        if steps:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.expand(request, enough)
    hook.remove()
    assert len(steps) == 1
    assert np.array_equal(engine.expand(request, ignore), before)


class Cramped:
    """Loads as `load` does, onto a card whose memory is exhausted by the denoiser in some modes."""

    def __init__(self, *modes: Mode, loading: bool = False) -> None:
        self.modes, self.loading, self.loaded = modes, loading, list[Mode]()

    def __call__(self, checkpoint: Checkpoint, mode: Mode, card: Card) -> Any:
        self.loaded.append(mode)
        if mode in self.modes and self.loading:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        pipeline = load(checkpoint, mode, card)
        if mode in self.modes:
            denoisers(pipeline)[0].register_forward_pre_hook(self._exhaust)
        return pipeline

    def _exhaust(self, *_seen: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.parametrize("loading", [False, True], ids=["painting", "loading"])
def test_exhausted_memory_goes_on_in_the_next_mode(
    opened: Opened, caplog: pytest.LogCaptureFixture, loading: bool
) -> None:
    whole, request, cramped = opened("tiny-sdxl"), request_for("coffee", 120), Cramped(Mode.RESIDENT, loading=loading)
    engine = Diffusion(whole.checkpoint, whole.card, Mode.RESIDENT, loader=cramped)
    result = engine.expand(request, ignore)
    assert cramped.loaded == [Mode.RESIDENT, Mode.FP8]
    assert engine.mode is Mode.FP8
    assert "memory exhausted in mode resident" in caplog.text
    assert "2.00 GiB" in caplog.text
    assert np.array_equal(result, opened("tiny-sdxl", memory="fp8").expand(request, ignore))


def test_memory_that_suffices_in_no_mode_is_said(opened: Opened) -> None:
    whole, cramped = opened("tiny-sdxl"), Cramped(*Mode)
    engine = Diffusion(whole.checkpoint, whole.card, Mode.RESIDENT, loader=cramped)
    with pytest.raises(MemoryError, match=r"does not fit into .* in any mode"):
        engine.expand(request_for("coffee", 120), ignore)
    assert cramped.loaded == [Mode.RESIDENT, Mode.FP8, Mode.GROUP]


def test_compiled_blocks_are_ready_for_every_size(tiny_presets: Path, opened: Opened) -> None:
    engine = open_diffusion(f"tiny-sd15?presets={tiny_presets}&compile=eager")
    frames = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    assert frames > 0
    for side in (60, 100):
        request = replace(request_for("coffee", side), margins=Margins(left=side))
        assert np.array_equal(engine.expand(request, ignore), opened("tiny-sd15").expand(request, ignore))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == frames


def broken(folder: Path) -> str:
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    return "cannot be loaded"


def pickled(folder: Path) -> str:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    torch.save({}, folder / "unet" / "diffusion_pytorch_model.bin")
    return "cannot be loaded"


def without_index(folder: Path) -> str:
    (folder / "model_index.json").unlink()
    return "must be a diffusers folder"


@pytest.mark.parametrize("damage", [broken, pickled, without_index])
def test_a_model_that_cannot_be_loaded_is_one_sentence(
    tiny_presets: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], str]
) -> None:
    folder = shutil.copytree(tiny_presets.parent / "sd15", tmp_path / "sd15")
    reason = damage(folder)
    with caplog.at_level(logging.ERROR), pytest.raises(EngineUnavailable, match=reason) as caught:
        open_diffusion(str(folder))
    assert "\n" not in str(caught.value)
    assert ("Traceback" in caplog.text) == (damage is not without_index)


def test_a_picture_of_something_else_is_refused_before_the_photo_hides_it(tiny_presets: Path, tmp_path: Path) -> None:
    """An untrained model paints nothing like the photo; the tiny presets let that pass, this one does not."""
    own = tmp_path / "strict.toml"
    own.write_text(tiny_presets.read_text("utf-8").replace("foreign = 255.0", "foreign = 25.0"), "utf-8")
    engine = open_diffusion(f"tiny-sd15?presets={own}")
    with pytest.raises(Unfit, match="ignored"):
        engine.expand(request_for("coffee", 120), ignore)


def test_the_key_names_what_a_picture_depends_on(opened: Opened) -> None:
    key = opened("tiny-sdxl", memory="fp8", batch=2).key
    assert key.startswith("tiny-sdxl@sdxl+controlnet+vae fp8 batch=2 ")
    assert f"torch={torch.__version__}" in key
