"""Placing a pipeline's weights: on the card, or in main memory until a hook brings them in.

How much memory each mode takes is stated in the presets; here is what each mode does.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import torch
from diffusers.hooks.hooks import HookRegistry

from inference.diffusion.offload import Card, Mode

Pipeline: TypeAlias = Any
"""A diffusers pipeline; what it can do depends on its class, and the preset knows."""

UNSEEN: Final = (torch.nn.MultiheadAttention,)
"""Modules that read their layers' weights without calling the layers, so that no hook of a layer ever runs."""

HOOKS: Final = ("group_offloading", "layer_execution_tracker")  # those that group offloading gives to a layer
TILE: Final = 512  # px: the VAE decodes a picture in tiles of this size where memory is short


def place(pipeline: Pipeline, mode: Mode, card: Card, dtype: torch.dtype) -> None:
    """Put the weights where the mode wants them, and let the VAE work in parts where the mode saves memory."""
    device = torch.device(card.device)
    if mode is Mode.OFFLOAD:
        pipeline.enable_model_cpu_offload(device=device)
    elif mode is Mode.GROUP:
        _offload_groups(pipeline, device)
    else:
        if mode is Mode.FP8:
            for model in denoisers(pipeline):
                model.enable_layerwise_casting(
                    storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype, skip_modules_classes=UNSEEN
                )
        pipeline.to(device)
    _relieve(pipeline.vae, mode)


def denoisers(pipeline: Pipeline) -> list[Any]:
    """The models that run at every step."""
    names = ("unet", "transformer", "controlnet")
    return [model for name in names if (model := getattr(pipeline, name, None)) is not None]


def _offload_groups(pipeline: Pipeline, device: torch.device) -> None:
    """Let every layer visit the card for its own call.

    The VAE stays on the card: it is small, and it is used by its methods `encode` and `decode`, which the tracing that
    lets streams fetch the next layer early does not see.
    """
    streams = device.type == "cuda"
    pipeline.enable_group_offload(
        device, offload_type="leaf_level", use_stream=streams, low_cpu_mem_usage=streams, exclude_modules=["vae"]
    )
    for model in denoisers(pipeline):
        for module in model.modules():
            if isinstance(module, UNSEEN):
                _keep(module, device)


def _keep(module: torch.nn.Module, device: torch.device) -> None:
    """Leave a module's layers on the card: in the models that have such layers they are a few megabytes."""
    for layer in module.children():
        registry = HookRegistry.check_if_exists_or_initialize(layer)
        for hook in HOOKS:
            registry.remove_hook(hook, recurse=True)
        layer.to(device)


def _relieve(vae: Any, mode: Mode) -> None:
    """One picture at a time where memory is short, and in tiles where it is shortest.

    Slicing changes no pixel; tiling changes some, because every tile is normalised by itself.
    """
    if mode is Mode.RESIDENT:
        return
    vae.enable_slicing()
    if mode is not Mode.GROUP:
        return
    vae.enable_tiling()
    if hasattr(vae, "tile_latent_min_size"):  # else the class has tiles of a size of its own, and smaller ones
        factor = vae.tile_sample_min_size // vae.tile_latent_min_size
        vae.tile_sample_min_size, vae.tile_latent_min_size = TILE, TILE // factor
