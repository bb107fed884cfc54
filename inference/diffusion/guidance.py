"""Guidance in a painting's first steps only: later steps ask a denoiser once instead of twice.

Classifier-free guidance (Ho and Salimans, 2022) runs every step with the words and without them. What a picture shows
is decided in the first steps; few-step models look worse when they are pushed to the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from inference.diffusion.placement import Pipeline

DOUBLED: Final = ("prompt_embeds", "add_text_embeds", "add_time_ids", "mask", "masked_image_latents")
"""What pipelines hold twice while they guide, the half without words first."""


def doubled_in(pipeline: Pipeline) -> list[str]:
    """The tensors of DOUBLED that the pipeline lets a callback change."""
    return [name for name in DOUBLED if name in pipeline._callback_tensor_inputs]


def stop_guiding(pipeline: Pipeline, tensors: dict[str, Any]) -> None:
    """From the next step on the pipeline runs with the words alone; to be called in a callback, once.

    Setting the scale is how diffusers' own guide to callbacks turns guidance off in the middle of a call.
    """
    pipeline._guidance_scale = 1.0
    for name in set(DOUBLED) & tensors.keys():
        tensors[name] = tensors[name].chunk(2)[1]


@contextmanager
def control_in_step(pipeline: Pipeline) -> Iterator[None]:
    """Hand a ControlNet as many rows of its picture as it gets latents: its pipeline lets no callback change those."""
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
