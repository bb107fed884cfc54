"""Places a pipeline's weights on the card, or in main memory until a hook moves them to the card.

The presets state how much memory each mode takes; this module implements the modes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import torch
from diffusers.hooks.hooks import HookRegistry
from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN

from inference.diffusion.offload import Card, Mode

Pipeline: TypeAlias = Any
"""A diffusers pipeline. Its arguments depend on its class, which the preset names."""

UNSEEN: Final = (torch.nn.MultiheadAttention,)
"""Modules that read their layers' weights without calling the layers, so that the layers' hooks never run."""

HOOKS: Final = ("group_offloading", "layer_execution_tracker")  # the hooks that group offloading adds to a layer
TILE: Final = 512  # px; the VAE decodes an image in tiles of this size when memory is short


def place(pipeline: Pipeline, mode: Mode, card: Card, dtype: torch.dtype) -> None:
    """Place the weights as the mode requires, and make the VAE work in parts in the modes that save memory."""
    device = torch.device(card.device)
    if mode is Mode.OFFLOAD:
        pipeline.enable_model_cpu_offload(device=device)
    elif mode is Mode.GROUP:
        _offload_groups(pipeline, device)
    else:
        if mode is Mode.FP8:
            _store_as_fp8(denoisers(pipeline), dtype)
        pipeline.to(device)
    _relieve(pipeline.vae, mode)


def denoisers(pipeline: Pipeline) -> list[Any]:
    """Return the models that run at every step."""
    names = ("unet", "transformer", "controlnet")
    return [model for name in names if (model := getattr(pipeline, name, None)) is not None]


def _store_as_fp8(models: Sequence[Any], dtype: torch.dtype) -> None:
    """Store the models' weights as 8-bit floats. A module takes the hook for that once only."""
    for model, shared in zip(models, _shared(models), strict=True):
        patterns = tuple(f"^{re.escape(name)}([.]|$)" for name in shared)
        model.enable_layerwise_casting(
            storage_dtype=torch.float8_e4m3fn,
            compute_dtype=dtype,
            skip_modules_pattern=DEFAULT_SKIP_MODULES_PATTERN + patterns if patterns else None,
            skip_modules_classes=UNSEEN,
        )


def _shared(models: Sequence[Any]) -> list[list[str]]:
    """Return for each model the names of the modules that it shares with an earlier one, as Z-Image's ControlNet."""
    seen, found = set[torch.nn.Module](), list[list[str]]()
    for model in models:
        found.append([name for name, child in model.named_children() if child in seen])
        seen |= set(model.children())
    return found


def _offload_groups(pipeline: Pipeline, device: torch.device) -> None:
    """Move each group of layers to the card for the duration of its own call.

    The VAE stays on the card. It is small, and it is called through `encode` and `decode`, which the tracing for
    prefetching the next layer does not see.
    """
    models = denoisers(pipeline)
    streams = device.type == "cuda" and not any(_shared(models))  # streams trace the order of each model's own layers
    pipeline.enable_group_offload(
        device, offload_type="leaf_level", use_stream=streams, low_cpu_mem_usage=streams, exclude_modules=["vae"]
    )
    for model in models:
        for module in model.modules():
            if isinstance(module, UNSEEN):
                _keep(module, device)


def _keep(module: torch.nn.Module, device: torch.device) -> None:
    """Keep a module's layers on the card. In the models that have such modules they are a few megabytes."""
    for layer in module.children():
        registry = HookRegistry.check_if_exists_or_initialize(layer)
        for hook in HOOKS:
            registry.remove_hook(hook, recurse=True)
        layer.to(device)


def _relieve(vae: Any, mode: Mode) -> None:
    """Make the VAE decode one image at a time when memory is short, and in tiles when it is shortest.

    Slicing changes no pixels. Tiling changes some, because each tile is normalised separately.
    """
    if mode is Mode.RESIDENT:
        return
    vae.enable_slicing()
    if mode is not Mode.GROUP:
        return
    vae.enable_tiling()
    if hasattr(vae, "tile_latent_min_size"):  # other classes have their own, smaller tile size
        factor = vae.tile_sample_min_size // vae.tile_latent_min_size
        vae.tile_sample_min_size, vae.tile_latent_min_size = TILE, TILE // factor
