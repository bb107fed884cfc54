"""Loading a pipeline from folders on this machine, and spreading it over a card's memory. Safetensors only."""

from __future__ import annotations

import gc
import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import diffusers
import torch
import transformers
from diffusers.models.attention import BasicTransformerBlock
from diffusers.quantizers.pipe_quant_config import PipelineQuantizationConfig

from inference.diffusion.checkpoint import Checkpoint, components
from inference.diffusion.doctor import NF4
from inference.diffusion.offload import Card, Mode
from inference.diffusion.presets import Preset
from inference.engine import EngineUnavailable

Pipeline: TypeAlias = Any
"""A diffusers pipeline; what it can do depends on its class, and the preset knows."""

GRAPHS = 1024  # of a block: for each work size, each width of layers, with guidance and without
UNSEEN = (torch.nn.MultiheadAttention,)  # reads its layer's weights without calling it, so no hook widens them

# said whenever a VAE is widened for a picture, with nothing in the list
logging.getLogger("diffusers.models.modeling_utils").addFilter(lambda line: "float32: []" not in line.getMessage())
for library in (diffusers, transformers):
    library.utils.logging.disable_progress_bar()


def load(checkpoint: Checkpoint, mode: Mode, card: Card) -> Pipeline:
    """A pipeline ready to be called on the card. Raises OSError or ValueError for files that do not fit."""
    preset, dtype = checkpoint.preset, _dtype(checkpoint.preset, card)
    given: dict[str, Any] = {
        name: _loaded(preset.parts[name].kind, folder, preset.parts[name].variant, dtype)
        for name, folder in checkpoint.parts.items()
    }
    given |= dict.fromkeys(preset.skip)
    if preset.quantized and card.accelerates:  # diffusers refuses elsewhere
        given["quantization_config"] = four_bits(preset, checkpoint.folder, dtype)
    pipeline = _loaded(preset.pipeline, checkpoint.folder, preset.variant, dtype, **given)
    if preset.scheduler:
        scheduler = getattr(diffusers, preset.scheduler)
        pipeline.scheduler = scheduler.from_config(pipeline.scheduler.config, **preset.scheduler_options)
    if preset.lora and checkpoint.lora:
        weights = _only_weights(checkpoint.lora, preset.lora.weights)
        pipeline.load_lora_weights(
            checkpoint.lora, weight_name=weights, adapter_name="preset", local_files_only=True, use_safetensors=True
        )
    pipeline.set_progress_bar_config(disable=True)
    spread(pipeline, mode, card, dtype)
    return pipeline


def spread(pipeline: Pipeline, mode: Mode, card: Card, dtype: torch.dtype) -> None:
    """Put the weights where the mode wants them."""
    device = torch.device(card.device)
    if mode is Mode.OFFLOAD:
        pipeline.enable_model_cpu_offload(device=device)
    elif mode is Mode.GROUP:
        streams = device.type == "cuda"
        pipeline.enable_group_offload(device, offload_type="leaf_level", use_stream=streams, low_cpu_mem_usage=streams)
    else:
        if mode is Mode.FP8:
            for model in denoisers(pipeline):
                model.enable_layerwise_casting(
                    storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype, skip_modules_classes=UNSEEN
                )
        pipeline.to(device)


def denoisers(pipeline: Pipeline) -> list[Any]:
    """The models that run at every step."""
    names = ("unet", "transformer", "controlnet")
    return [model for name in names if (model := getattr(pipeline, name, None)) is not None]


def compile_blocks(pipeline: Pipeline, compiler: str) -> None:
    """Compile the blocks that a denoiser repeats; far quicker than the whole of it, and as fast afterwards.

    The first call at each size does the work. All blocks share what torch counts against its limit of graphs, so that
    this is raised: beyond it, torch would compute uncompiled without a word.
    """
    torch._dynamo.config.recompile_limit = max(GRAPHS, torch._dynamo.config.recompile_limit)
    torch._dynamo.config.accumulated_recompile_limit = max(GRAPHS, torch._dynamo.config.accumulated_recompile_limit)
    for model in denoisers(pipeline):
        if model._repeated_blocks:
            model.compile_repeated_blocks(backend=compiler, dynamic=False)
            continue
        for part in model.modules():  # a ControlNet names none, and has those of its UNet
            if isinstance(part, BasicTransformerBlock):
                part.compile(backend=compiler, dynamic=False)


def free(card: Card) -> None:
    """Give back what nobody refers to any more."""
    gc.collect()
    if card.device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif card.device == "mps":
        torch.mps.empty_cache()


def _dtype(preset: Preset, card: Card) -> torch.dtype:
    """The processor computes in single precision: half is slower there, and some kernels are missing."""
    return getattr(torch, preset.dtype) if card.accelerates else torch.float32


def _loaded(kind: str, folder: Path, variant: str, dtype: torch.dtype, **given: Any) -> Any:
    has_variant = bool(variant) and any(folder.rglob(f"*.{variant}*.safetensors"))
    return getattr(diffusers, kind).from_pretrained(
        folder,
        dtype=dtype,
        variant=variant if has_variant else None,
        use_safetensors=True,
        local_files_only=True,
        **given,
    )


def four_bits(preset: Preset, folder: Path, dtype: torch.dtype) -> Any:
    """Normal floats of 4 bits (Dettmers et al., «QLoRA», 2023), made while loading."""
    if find_spec("bitsandbytes") is None:
        raise EngineUnavailable(f"{preset.title} is loaded in 4 bits; {NF4}")
    settings = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": dtype}
    libraries = {"diffusers": diffusers.BitsAndBytesConfig, "transformers": transformers.BitsAndBytesConfig}
    owners = components(folder)
    mapping = {name: libraries[str(owners[name][0])](**settings) for name in preset.quantized}
    return PipelineQuantizationConfig(quant_mapping=mapping)


def _only_weights(folder: Path, name: str) -> str:
    found = sorted(path.name for path in folder.glob("*.safetensors"))
    if name in found:
        return name
    if name or len(found) != 1:
        raise EngineUnavailable(
            f"{folder} has {', '.join(found) or 'no safetensors'}; lora.weights must name one of them"
        )
    return found[0]
