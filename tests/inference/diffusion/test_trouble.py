"""The diffusion engine in failure cases: little memory, cancellation, damaged files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inference.diffusion.device import exhausted
from inference.diffusion.engine import Diffusion, open_diffusion
from inference.diffusion.offload import Mode
from inference.diffusion.placement import denoisers
from inference.engine import Cancelled, EngineError, EngineName, EngineUnavailable, ignore
from inference.quality.gate import Unfit
from inference.worker.checks import NO_CLASSIFIER, CheckedEngine, Checks
from inference.worker.opening import warm
from tests.support.tiny import Opened, request_for
from tests.support.tiny_engines import Cramped, Refusing

CHEAP = ["tiny-sd15-lcm", "tiny-sdxl", "tiny-klein", "tiny-z-image-control"]
# Qwen-Image's edit pipeline encodes a megapixel at every call. The contract paints with it resident, and
# `test_group_offload` with groups.
DEAR = [("tiny-qwen-edit", Mode.FP8), ("tiny-qwen-edit", Mode.OFFLOAD)]


@pytest.mark.parametrize(("name", "mode"), [*product(CHEAP, Mode), *DEAR])
def test_every_memory_mode_paints(tiny_engine: Opened, name: str, mode: Mode) -> None:
    engine, request = tiny_engine(name, memory=mode), request_for("coffee", 120)
    result = engine.expand(request, ignore).pixels
    assert engine.mode is mode
    assert np.array_equal(engine.expand(request, ignore).pixels, result)
    stored = {weights.dtype for weights in denoisers(engine.pipeline)[0].parameters()}
    assert (torch.float8_e4m3fn in stored) == (mode is Mode.FP8)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("tiny-sd15", Mode.RESIDENT),
        ("tiny-flux-fill", Mode.RESIDENT),
        ("tiny-sdxl", Mode.OFFLOAD),
        ("tiny-klein", Mode.OFFLOAD),
        ("tiny-klein", Mode.GROUP),
    ],
)
def test_cancelling_leaves_within_one_step_and_the_engine_goes_on(tiny_engine: Opened, name: str, mode: Mode) -> None:
    engine, request = tiny_engine(name, memory=mode), request_for("coffee", 120)
    before, steps = engine.expand(request, ignore).pixels, list[Any]()
    hook = denoisers(engine.pipeline)[0].register_forward_pre_hook(lambda *seen: steps.append(seen))

    def enough(_fraction: float) -> None:
        if steps:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.expand(request, enough)
    hook.remove()
    assert len(steps) == 1
    assert np.array_equal(engine.expand(request, ignore).pixels, before)


@pytest.mark.parametrize("loading", [False, True], ids=["painting", "loading"])
def test_exhausted_memory_goes_on_in_the_next_mode(
    tiny_engine: Opened, caplog: pytest.LogCaptureFixture, loading: bool
) -> None:
    whole, request, cramped = (
        tiny_engine("tiny-sdxl"),
        request_for("coffee", 120),
        Cramped(Mode.RESIDENT, loading=loading),
    )
    engine = Diffusion(whole.checkpoint, whole.card, Mode.RESIDENT, loader=cramped)
    result = engine.expand(request, ignore).pixels
    assert cramped.loaded == [Mode.RESIDENT, Mode.OFFLOAD]
    assert engine.mode is Mode.OFFLOAD
    assert "memory exhausted in mode resident" in caplog.text
    assert ("2.00 GiB" if loading else "1125899906842624 bytes") in caplog.text
    assert np.array_equal(result, tiny_engine("tiny-sdxl", memory="offload").expand(request, ignore).pixels)


@pytest.mark.parametrize("modes", [(Mode.RESIDENT,), tuple(Mode)], ids=["one", "all"])
def test_a_mode_that_cannot_be_loaded_is_not_the_end(
    tiny_engine: Opened, caplog: pytest.LogCaptureFixture, modes: tuple[Mode, ...]
) -> None:
    """Apple's GPUs do not support some modes. Then another mode is loaded, without a download."""
    whole = tiny_engine("tiny-sdxl")
    refusing = Refusing(*modes)
    if len(modes) == 1:
        engine = Diffusion(whole.checkpoint, whole.card, Mode.RESIDENT, loader=refusing)
        assert engine.mode is refusing.loaded[1]
    else:
        with pytest.raises(EngineUnavailable, match=r"cannot be loaded \(Cannot convert a float8 tensor") as caught:
            Diffusion(whole.checkpoint, whole.card, Mode.RESIDENT, loader=refusing)
        assert "kuotu pull" not in str(caught.value)
    assert "loading failed in mode resident (Cannot convert a float8 tensor" in caplog.text


@pytest.mark.parametrize(
    ("error", "is_that"),
    [
        pytest.param(torch.OutOfMemoryError("CUDA out of memory."), True, id="cuda"),
        pytest.param(RuntimeError("CUDA error: out of memory"), True, id="a kernel"),
        pytest.param(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True, id="mps"),
        pytest.param(
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), True, id="blas"
        ),
        pytest.param(RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False, id="another"),
        pytest.param(ValueError("out of memory"), False, id="not of torch"),
    ],
)
def test_memory_that_ran_out_is_known_by_every_name(error: Exception, is_that: bool) -> None:
    assert exhausted(error) == is_that


def test_memory_that_suffices_in_no_mode_is_said(tiny_engine: Opened) -> None:
    whole, cramped = tiny_engine("tiny-sdxl"), Cramped(*Mode)
    engine = Diffusion(whole.checkpoint, whole.card, Mode.RESIDENT, loader=cramped)
    with pytest.raises(MemoryError, match=r"does not fit into .* in any mode"):
        engine.expand(request_for("coffee", 120), ignore)
    assert cramped.loaded == [Mode.RESIDENT, Mode.OFFLOAD, Mode.FP8, Mode.GROUP]


def test_a_picture_of_something_else_is_refused_but_not_while_warming_up(tiny_presets: Path) -> None:
    """An untrained model ignores the photo, so the shipped bound refuses its pictures, unless they are not judged."""
    engine, seconds = warm("inference.registry:open_engine", EngineName.DIFFUSION, f"tiny-sd15?presets={tiny_presets}")
    assert seconds > 0
    request = request_for("coffee", 120)
    with pytest.raises(Unfit, match=r"ignored: .*, bound 20"):
        engine.expand(replace(request, judged=True), ignore)
    canvas = engine.expand(request, ignore).pixels
    left, top, right, bottom = request.margins.box(request.extent)
    assert np.array_equal(canvas[top:bottom, left:right], request.photo)


@pytest.mark.parametrize("gate", [True, False])
def test_the_gate_setting_decides_whether_such_a_picture_is_refused(tiny_engine: Opened, gate: bool) -> None:
    """With KUOTU_GATE=false an operator sees what a weak model paints."""
    checked = CheckedEngine(tiny_engine("tiny-sd15"), Checks(gate=gate, classifier=NO_CLASSIFIER))
    request = replace(request_for("coffee", 120), judged=True)
    if gate:
        with pytest.raises(EngineError, match="ignored"):
            checked.expand(request, ignore)
    else:
        assert checked.expand(request, ignore).painted.pixels.shape[1::-1] == request.margins.canvas(request.extent)


def broken(folder: Path) -> str:
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    return "cannot be loaded .*; run: kuotu pull"


def pickled(folder: Path) -> str:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    torch.save({}, folder / "unet" / "diffusion_pytorch_model.bin")
    return "cannot be loaded .*; run: kuotu pull"


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
    assert "going on in mode" not in caplog.text
    assert ("Traceback" in caplog.text) == (damage is not without_index)


def test_a_single_file_that_is_missing_is_named(tiny_presets: Path, tmp_path: Path) -> None:
    empty, own = tmp_path / "controlnet", tmp_path / "own.toml"
    empty.mkdir()
    text = tiny_presets.read_text("utf-8")
    own.write_text(text.replace(str(tiny_presets.parent / "z-image-controlnet"), str(empty)), "utf-8")
    with pytest.raises(EngineUnavailable, match=r"has no Z-Image-Turbo-Fun-.*\.safetensors\); run: kuotu pull"):
        open_diffusion(f"tiny-z-image-control?presets={own}")
