"""Qwen-Image's edit pipeline reads a picture with the words, without torchvision, and knows where the picture is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import VAE_IMAGE_SIZE, calculate_dimensions
from PIL import Image

from inference.diffusion.presets import shipped
from inference.diffusion.window import sizes
from tests.support.tiny import Opened

SIDE = 56  # px: four tokens of 28 px


@pytest.fixture(scope="module")
def pipeline(tiny_engine: Opened) -> Any:
    return tiny_engine("tiny-qwen-edit").pipeline


def test_a_picture_becomes_as_many_tokens_as_it_has_patches(pipeline: Any) -> None:
    read = pipeline.processor(
        text=["1: <|vision_start|><|image_pad|><|vision_end|>ab"],
        images=[Image.new("RGB", (2 * SIDE, SIDE))],
        padding=True,
        return_tensors="pt",
    )
    assert read["image_grid_thw"].tolist() == [[1, 4, 8]]
    assert int((read["input_ids"] == pipeline.text_encoder.config.image_token_id).sum()) == 8
    assert read["pixel_values"].shape[0] == 32


def test_the_text_encoder_gives_a_picture_the_positions_of_a_grid(pipeline: Any) -> None:
    model, given = pipeline.text_encoder.model, list[torch.Tensor]()
    hook = model.language_model.register_forward_pre_hook(
        lambda _model, _given, named: given.append(named["position_ids"]), with_kwargs=True
    )
    try:
        pipeline.encode_prompt(prompt=["a"], image=[Image.new("RGB", (SIDE, SIDE))])
        pipeline.text_encoder(input_ids=torch.zeros((1, 3), dtype=torch.long))
    finally:
        hook.remove()
    time, down, across = given[0][-3:, 0]
    first = int((down != time).nonzero()[0]) - 2  # the grid's second row is the first place where they differ
    assert (down - time)[first : first + 4].tolist() == [0, 0, 1, 1]
    assert (across - time)[first : first + 4].tolist() == [0, 1, 0, 1]
    assert given[1] is None  # words alone are left to the model


def test_no_work_size_is_resized_by_the_pipeline() -> None:
    """It encodes the picture at a size of its own; another one than the result's would zoom what it paints."""
    preset = shipped()["qwen-edit"]
    for size in sizes(preset.budget, preset.multiple):
        assert calculate_dimensions(VAE_IMAGE_SIZE, size.width / size.height) == tuple(size)
