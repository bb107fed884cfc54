"""Placement of a pipeline's weights, and memory-saving modes of its VAE."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.diffusion.offload import Mode
from inference.diffusion.placement import TILE
from inference.engine import ignore
from tests.support.tiny import Opened, request_for


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("name", ["tiny-sdxl", "tiny-klein"])
def test_the_vae_works_in_parts_where_memory_is_short(tiny_engine: Opened, name: str, mode: Mode) -> None:
    vae = tiny_engine(name, memory=mode).pipeline.vae
    assert vae.use_slicing == (mode is not Mode.RESIDENT)
    assert vae.use_tiling == (mode is Mode.GROUP)
    if mode is Mode.GROUP:
        assert vae.tile_sample_min_size == TILE
        latents = torch.zeros(1, vae.config.latent_channels, 8, TILE // 8 + 16)
        with torch.no_grad():
            assert vae.decode(latents).sample.shape[-2:] == (64, TILE + 128)
        assert not any("group_offloading" in part._diffusers_hook.hooks for part in hooked(vae))


def hooked(model: torch.nn.Module) -> list[torch.nn.Module]:
    return [part for part in model.modules() if hasattr(part, "_diffusers_hook")]


def test_sides_painted_apart_are_enlarged_less(tiny_engine: Opened) -> None:
    """Each of the four windows is closer to the canvas's own size. The photo does not change."""
    whole, apart = tiny_engine("tiny-sdxl"), tiny_engine("tiny-sdxl", sides="true")
    request = request_for("coffee", 400)
    assert len(whole.expand(request, ignore).recipe["worked_at"]) == 1
    painted = apart.expand(request, ignore)
    assert len(painted.recipe["worked_at"]) == 4
    assert " sides " in apart.key
    assert np.array_equal(painted.pixels[request.margins.box(request.extent).slices], request.photo)
    small = request_for("coffee", 100)
    one, other = whole.expand(small, ignore), apart.expand(small, ignore)
    assert one.recipe["worked_at"] == other.recipe["worked_at"]
    assert np.array_equal(one.pixels, other.pixels)


def test_a_backend_of_attention_is_chosen_by_name(tiny_engine: Opened) -> None:
    request = replace(request_for("coffee", 60), seed=9)
    plain, named = tiny_engine("tiny-klein"), tiny_engine("tiny-klein", attention="native")
    assert np.array_equal(named.expand(request, ignore).pixels, plain.expand(request, ignore).pixels)
