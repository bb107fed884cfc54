"""FLUX.1 Fill in 4 bits, as far as a machine without a GPU can test it.

diffusers refuses to load a 4-bit denoiser without a GPU, although its quantizer works on a CPU. So the quantization
settings are tested with the loader of each library, and the resulting pipeline paints.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
import transformers

from inference.diffusion.checkpoint import find
from inference.diffusion.engine import Diffusion
from inference.diffusion.model_spec import ModelChoice
from inference.diffusion.offload import Card, Mode
from inference.diffusion.pipeline import four_bits, load
from inference.diffusion.placement import denoisers
from inference.engine import EngineUnavailable, ignore
from tests.support.tiny import Opened, request_for

bitsandbytes = pytest.importorskip("bitsandbytes", minversion="0.50")

CARD = Card("cuda:0", "NVIDIA Test", 24, 24)


@pytest.fixture(scope="module")
def mapping(tiny_presets: Path) -> Any:
    checkpoint = find(ModelChoice(model="tiny-flux-fill", presets=tiny_presets))
    return four_bits(checkpoint.preset, checkpoint.folder, torch.float32).quant_mapping


def encoder(folder: Path, settings: Any) -> Any:
    return transformers.T5EncoderModel.from_pretrained(
        folder / "text_encoder_2", quantization_config=settings, dtype=torch.float32, use_safetensors=True
    )


def transformer(folder: Path, settings: Any) -> Any:
    """Load a denoiser with the settings as `from_pretrained` does after its GPU check."""
    whole = diffusers.FluxTransformer2DModel.from_pretrained(folder / "transformer").state_dict()
    model = diffusers.FluxTransformer2DModel.from_config(
        diffusers.FluxTransformer2DModel.load_config(folder / "transformer")
    )
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
    whole, four = (encoder(folder, settings) for settings in (None, mapping["text_encoder_2"]))
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
        "text_encoder_2": encoder(folder, mapping["text_encoder_2"]),
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
