"""Loads a pipeline from folders on this machine and places it in a card's memory. It reads safetensors only."""

from __future__ import annotations

import gc
import json
import logging
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import diffusers
import torch
import transformers
from diffusers.models.attention import BasicTransformerBlock
from diffusers.quantizers.pipe_quant_config import PipelineQuantizationConfig
from safetensors import SafetensorError

from inference.diffusion import prompt_reader
from inference.diffusion.checkpoint import Checkpoint, components
from inference.diffusion.doctor import NF4
from inference.diffusion.offload import Card, Mode
from inference.diffusion.placement import Pipeline, denoisers, place
from inference.diffusion.presets import Part, Preset
from inference.engine import EngineUnavailable

GRAPHS = 1024  # compiled graphs per block: one for each work size and layer width, with and without guidance


class FilesUnfit(Exception):
    """A model's files are missing, damaged, or do not match its class."""


# diffusers logs this line with an empty list whenever a VAE is widened to float32
logging.getLogger("diffusers.models.modeling_utils").addFilter(lambda line: "float32: []" not in line.getMessage())
for library in (diffusers, transformers):
    library.utils.logging.disable_progress_bar()


def load(checkpoint: Checkpoint, mode: Mode, card: Card) -> Pipeline:
    """Load a pipeline and place it on the card, ready to be called.

    Raises FilesUnfit when a file is missing or damaged, which another mode would not fix. Other exceptions, such as
    exhausted memory or a mode that the device does not support, pass through unchanged.
    """
    dtype = _dtype(checkpoint.preset, card)
    try:
        pipeline = read(checkpoint, card, dtype)
    except (OSError, SafetensorError) as error:
        raise FilesUnfit(str(error).strip().split("\n")[0]) from error
    pipeline.set_progress_bar_config(disable=True)
    place(pipeline, mode, card, dtype)
    return pipeline


def loader_for(attention: str) -> Callable[[Checkpoint, Mode, Card], Pipeline]:
    """Return a `load` that also sets a diffusers attention backend, such as «flash», «sage» or «_native_cudnn».

    Only transformer denoisers use it; the UNets of Stable Diffusion use torch's own attention.
    """

    def loaded(checkpoint: Checkpoint, mode: Mode, card: Card) -> Pipeline:
        pipeline = load(checkpoint, mode, card)
        for model in denoisers(pipeline):
            model.set_attention_backend(attention)
        return pipeline

    return loaded if attention else load


def read(checkpoint: Checkpoint, card: Card, dtype: torch.dtype) -> Pipeline:
    """Read a checkpoint's pipeline into main memory, with its scheduler and its LoRA."""
    preset = checkpoint.preset
    given: dict[str, Any] = {
        name: _part(preset.parts[name], folder, dtype) for name, folder in checkpoint.parts.items()
    }
    given |= dict.fromkeys(preset.skip)
    sees = components(checkpoint.folder).get("processor", ("", ""))[1] == prompt_reader.KIND
    if sees:
        given["processor"] = prompt_reader.PromptReader.open(checkpoint.folder / "processor")
    if preset.quantized and card.accelerates:  # diffusers refuses to quantise on a CPU
        given["quantization_config"] = four_bits(preset, checkpoint.folder, dtype)
    pipeline = _loaded(preset.pipeline, checkpoint.folder, preset.variant, dtype, **given)
    if sees:
        prompt_reader.tell_pictures(pipeline)
    if preset.scheduler:
        scheduler = getattr(diffusers, preset.scheduler)
        pipeline.scheduler = scheduler.from_config(pipeline.scheduler.config, **preset.scheduler_options)
    add_lora(pipeline, checkpoint)
    return pipeline


def add_lora(pipeline: Pipeline, checkpoint: Checkpoint) -> None:
    """Add the preset's LoRA to the denoiser, if it has one. Raises EngineUnavailable when its file is not clear."""
    lora, folder = checkpoint.preset.lora, checkpoint.lora
    if lora and folder:
        pipeline.load_lora_weights(
            folder,
            weight_name=_only_weights(folder, lora.weights),
            adapter_name="preset",
            local_files_only=True,
            use_safetensors=True,
        )


def compile_blocks(pipeline: Pipeline, compiler: str) -> None:
    """Compile the repeated blocks of the denoisers, which takes far less time than the whole and runs as fast.

    The first call at each size compiles. All blocks count against one limit of graphs in torch, so the limit is raised:
    beyond it, torch would silently run uncompiled code.
    """
    torch._dynamo.config.recompile_limit = max(GRAPHS, torch._dynamo.config.recompile_limit)
    torch._dynamo.config.accumulated_recompile_limit = max(GRAPHS, torch._dynamo.config.accumulated_recompile_limit)
    for model in denoisers(pipeline):
        if model._repeated_blocks:
            model.compile_repeated_blocks(backend=compiler, dynamic=False)
            continue
        for part in model.modules():  # a ControlNet does not name its repeated blocks; they are those of its UNet
            if isinstance(part, BasicTransformerBlock):
                part.compile(backend=compiler, dynamic=False)


def free(card: Card) -> None:
    """Release unreferenced memory to the device."""
    gc.collect()
    if card.device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif card.device == "mps":
        torch.mps.empty_cache()


def _dtype(preset: Preset, card: Card) -> torch.dtype:
    """Return the data type; float32 on the CPU, where half precision is slower and some kernels are missing."""
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


def _part(part: Part, folder: Path, dtype: torch.dtype) -> Any:
    """Load a part, from its single file if it names one. diffusers wants the architecture of that from a folder."""
    if not part.weights:
        return _loaded(part.kind, folder, part.variant, dtype)
    if not (folder / part.weights).is_file():
        raise FileNotFoundError(f"{folder} has no {part.weights}")
    with TemporaryDirectory() as described:
        Path(described, "config.json").write_text(json.dumps({"_class_name": part.kind, **part.config}), "utf-8")
        return getattr(diffusers, part.kind).from_single_file(
            str(folder / part.weights), config=described, dtype=dtype, local_files_only=True
        )


def four_bits(preset: Preset, folder: Path, dtype: torch.dtype) -> Any:
    """Return the configuration that quantises to 4-bit normal floats while loading (Dettmers et al., «QLoRA», 2023).

    Raises EngineUnavailable when the library is missing.
    """
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
