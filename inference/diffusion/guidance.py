"""Restricts guidance to the first steps, so that later steps run the denoiser once instead of twice.

Classifier-free guidance (Ho and Salimans, 2022) runs every step with and without the prompt. The first steps decide
the content of an image, and few-step models look worse when they are guided to the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from inference.diffusion.placement import Pipeline

DOUBLED: Final = ("prompt_embeds", "add_text_embeds", "add_time_ids", "mask", "masked_image_latents")
"""Tensors that a pipeline holds twice while it guides; the unconditional half comes first."""


def doubled_in(pipeline: Pipeline) -> list[str]:
    """Return the tensors of DOUBLED that the pipeline lets a callback change."""
    return [name for name in DOUBLED if name in pipeline._callback_tensor_inputs]


def stop_guiding(pipeline: Pipeline, tensors: dict[str, Any]) -> None:
    """Turn guidance off from the next step on. A step callback calls this once.

    Setting the scale is the method that the diffusers guide to callbacks describes.
    """
    pipeline._guidance_scale = 1.0
    for name in set(DOUBLED) & tensors.keys():
        tensors[name] = tensors[name].chunk(2)[1]


@contextmanager
def control_in_step(pipeline: Pipeline) -> Iterator[None]:
    """Cut a ControlNet's input image to the number of latents, because its pipeline lets no callback change it."""
    controlnet = getattr(pipeline, "controlnet", None)
    if controlnet is None:
        yield
        return
    hook = controlnet.register_forward_pre_hook(_cut, with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()


def _cut(_net: Any, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    rows = len(given[0])
    pictures = [picture[-rows:] for picture in named["controlnet_cond"]]
    return given, {**named, "controlnet_cond": pictures, "control_type": named["control_type"][-rows:]}
