"""Presets in 4 bits, as far as a machine without a GPU can test them.

diffusers refuses to load a 4-bit denoiser without a GPU, although its quantizer works on a CPU. So the quantization
settings are tested with the loader of each library, and the resulting pipeline paints.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
import transformers

from inference.diffusion.checkpoint import Checkpoint, components, find
from inference.diffusion.engine import Diffusion
from inference.diffusion.model_spec import ModelChoice
from inference.diffusion.offload import Card, Mode
from inference.diffusion.pipeline import add_lora, four_bits, load
from inference.diffusion.placement import denoisers
from inference.diffusion.presets import load_presets
from inference.diffusion.prompt_reader import tell_pictures
from inference.engine import EngineUnavailable, ignore
from tests.support.tiny import Opened, request_for

bitsandbytes = pytest.importorskip("bitsandbytes", minversion="0.50")

CARD = Card("cuda:0", "NVIDIA Test", 24, 24)


@pytest.fixture(scope="module")
def mapping(tiny_presets: Path) -> Any:
    checkpoint = find(ModelChoice(model="tiny-flux-fill", presets=tiny_presets))
    return four_bits(checkpoint.preset, checkpoint.folder, torch.float32).quant_mapping


def encoder(folder: Path, name: str, settings: Any) -> Any:
    kind = getattr(transformers, str(components(folder)[name][1]))
    return kind.from_pretrained(folder / name, quantization_config=settings, dtype=torch.float32, use_safetensors=True)


def transformer(folder: Path, settings: Any) -> Any:
    """Load a denoiser with the settings as `from_pretrained` does after its GPU check."""
    kind = getattr(diffusers, str(components(folder)["transformer"][1]))
    whole = kind.from_pretrained(folder / "transformer").state_dict()
    model = kind.from_config(kind.load_config(folder / "transformer"))
    quantizer = diffusers.quantizers.auto.DiffusersAutoQuantizer.from_config(settings, pre_quantized=False)
    quantizer.preprocess_model(model, device_map=None, keep_in_fp32_modules=[])
    for name, weights in whole.items():
        if quantizer.check_if_quantized_param(model, weights, name, whole):
            quantizer.create_quantized_param(model, weights, name, torch.device("cpu"), whole)
    model.load_state_dict(
        {name: weights for name, weights in whole.items() if name in unquantized(model)}, strict=False
    )
    return quantizer.postprocess_model(model).eval()


def unquantized(model: Any) -> set[str]:
    return {name for name, weights in model.named_parameters() if weights.dtype is torch.float32}


def narrow(model: Any) -> list[Any]:
    return [layer for layer in model.modules() if isinstance(layer, bitsandbytes.nn.Linear4bit)]


def test_the_settings_are_each_librarys_own_and_say_nf4(mapping: Any) -> None:
    assert {name: type(settings) for name, settings in mapping.items()} == {
        "transformer": diffusers.BitsAndBytesConfig,
        "text_encoder_2": transformers.BitsAndBytesConfig,
    }
    for settings in mapping.values():
        assert settings.load_in_4bit
        assert settings.bnb_4bit_quant_type == "nf4"
        assert settings.bnb_4bit_compute_dtype is torch.float32


def test_the_text_encoder_is_loaded_in_4_bits_and_reads_almost_the_same(tiny_presets: Path, mapping: Any) -> None:
    folder, tokens = tiny_presets.parent / "flux-fill", torch.arange(1, 40)[None]
    whole, four = (encoder(folder, "text_encoder_2", settings) for settings in (None, mapping["text_encoder_2"]))
    assert len(narrow(four)) == 10  # a layer keeps its last matrix whole
    assert {layer.weight.dtype for layer in narrow(four)} == {torch.uint8}
    assert four.get_memory_footprint() < 0.6 * whole.get_memory_footprint()
    with torch.inference_mode():
        expected, found = whole(tokens)[0], four(tokens)[0]
    assert 0 < float((found - expected).abs().mean() / expected.abs().mean()) < 0.2


def test_a_pipeline_of_4_bits_paints_almost_the_same(tiny_presets: Path, tiny_engine: Opened, mapping: Any) -> None:
    folder, whole = tiny_presets.parent / "flux-fill", tiny_engine("tiny-flux-fill")
    given = {
        "transformer": transformer(folder, mapping["transformer"]),
        "text_encoder_2": encoder(folder, "text_encoder_2", mapping["text_encoder_2"]),
    }

    def narrowed(checkpoint: Any, mode: Mode, card: Card) -> Any:
        pipeline = load(checkpoint, mode, card)
        pipeline.register_modules(**given)
        return pipeline

    engine = Diffusion(whole.checkpoint, whole.card, Mode.RESIDENT, loader=narrowed)
    assert len(narrow(denoisers(engine.pipeline)[0])) > 10
    request = request_for("coffee", 120)
    found, again, expected = (one.expand(request, ignore).pixels for one in (engine, engine, whole))
    assert np.array_equal(found, again)
    assert not np.array_equal(found, expected)
    assert float(np.abs(found.astype(int) - expected).mean()) < 12


def test_loading_hands_the_settings_over_and_a_machine_without_a_card_is_told(
    tiny_presets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = find(ModelChoice(model="tiny-flux-fill", presets=tiny_presets))
    with pytest.raises(EngineUnavailable, match=r"tiny-flux-fill cannot be loaded .No GPU found. A GPU is needed"):
        Diffusion(checkpoint, CARD, Mode.RESIDENT)
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("name", ["tiny-klein-nf4", "tiny-qwen-edit-nf4"])
def test_a_lora_over_4_bits_loads_and_paints(tiny_presets: Path, tiny_engine: Opened, name: str) -> None:
    """On a processor the preset's own engine has no layer in 4 bits, so its picture is the one to compare with."""
    whole = tiny_engine(name)
    settings = four_bits(whole.checkpoint.preset, whole.checkpoint.folder, torch.float32).quant_mapping
    assert set(settings) == {"transformer", "text_encoder"}
    given = {
        "transformer": transformer(whole.checkpoint.folder, settings["transformer"]),
        "text_encoder": encoder(whole.checkpoint.folder, "text_encoder", settings["text_encoder"]),
    }

    for layer in [*narrow(given["transformer"]), *narrow(given["text_encoder"])]:
        layer.support_avx512bf16_for_cpu = False  # that kernel wants wider layers than a tiny model's

    def narrowed(checkpoint: Checkpoint, mode: Mode, card: Card) -> Any:
        pipeline = load(replace(checkpoint, lora=None), mode, card)
        pipeline.register_modules(**given)
        if "processor" in pipeline.components:
            tell_pictures(pipeline)
        add_lora(pipeline, checkpoint)
        return pipeline

    engine = Diffusion(whole.checkpoint, whole.card, Mode.RESIDENT, loader=narrowed)
    adapted = [part for part in denoisers(engine.pipeline)[0].modules() if hasattr(part, "lora_A")]
    assert adapted
    assert all(isinstance(part.base_layer, bitsandbytes.nn.Linear4bit) for part in adapted)
    request = request_for("coffee", 120)
    found, again, expected = (one.expand(request, ignore).pixels for one in (engine, engine, whole))
    assert np.array_equal(found, again)
    assert not np.array_equal(found, expected)
    assert float(np.abs(found.astype(int) - expected).mean()) < 12


def test_every_preset_in_4_bits_is_one_of_these() -> None:
    narrow_ones = {name for name, preset in load_presets().items() if preset.quantized}
    assert narrow_ones == {"flux-fill", "klein-nf4", "qwen-edit-nf4"}
