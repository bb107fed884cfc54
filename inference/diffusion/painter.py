"""Calls a pipeline with init images and prompts. Every step reports progress and can be cancelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from inference.diffusion.embeddings import Embeddings
from inference.diffusion.guidance import control_in_step, doubled_in, stop_guiding
from inference.diffusion.init_image import Sketch
from inference.diffusion.placement import Pipeline
from inference.diffusion.presets import Kind, Preset
from inference.diffusion.prompts import Wording
from inference.engine import Pixels, Report, Style

NOTHING: Final = (128, 128, 128)  # a control image without lines, depth or poses, as ComfyUI encodes it for Z-Image


@dataclass(frozen=True)
class Call:
    """The arguments of a pipeline call besides the sketches: one wording and one seed per sketch."""

    style: Style
    wordings: Sequence[Wording]
    seeds: Sequence[int]
    judged: bool = True  # whether a result that ignores the photo is refused


def paint(
    pipeline: Pipeline,
    preset: Preset,
    sketches: Sequence[Sketch],
    call: Call,
    report: Report,
    embeddings: Embeddings,
) -> list[Pixels]:
    """Paint all sketches in one call, and return images of their size. An exception of `report` ends it within a step.

    The random generators are on the CPU, so that the noise is the same on every device. An edit pipeline would treat a
    list of images as references for one result, so it gets one sketch only. Raises ValueError when it gets more.
    """
    if preset.kind is Kind.EDIT and len(sketches) > 1:
        raise ValueError("an edit pipeline would mix the pictures of a batch")
    scale = _lora_scale(preset, call.style)
    if preset.lora:
        pipeline.set_adapters("preset", scale)
    arguments = _arguments(pipeline, preset, sketches, call, report)
    try:
        torch.manual_seed(0)  # Qwen-Image's pipeline samples the encoded photo without the generator that it is given
        with control_in_step(pipeline) if preset.guided < 1 else nullcontext(), embeddings.used_by(pipeline, scale):
            painted = pipeline(**arguments).images
    finally:
        pipeline.maybe_free_model_hooks()
    return [np.rint(picture * 255).clip(0, 255).astype(np.uint8) for picture in np.nan_to_num(painted)]


def _arguments(
    pipeline: Pipeline, preset: Preset, sketches: Sequence[Sketch], call: Call, report: Report
) -> dict[str, Any]:
    """Return the keyword arguments of a pipeline call."""
    height, width = sketches[0].picture.shape[:2]
    arguments: dict[str, Any] = {
        "prompt": [wording.prompt for wording in call.wordings],
        "height": height,
        "width": width,
        "num_inference_steps": preset.steps,
        preset.guided_by: _guidance(preset, call.style),
        "generator": [torch.Generator("cpu").manual_seed(seed) for seed in call.seeds],
        "callback_on_step_end": _callback(report, preset.guided),
        "output_type": "np",
        **_pictures(preset.kind, sketches),
        **preset.call,
    }
    if any(wording.negative for wording in call.wordings):
        arguments["negative_prompt"] = [wording.negative for wording in call.wordings]
    if preset.guided < 1:
        arguments["callback_on_step_end_tensor_inputs"] = ["latents", *doubled_in(pipeline)]
    return arguments


def _callback(report: Report, guided: float) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
    def step_ended(pipeline: Any, number: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        if guided < 1 and number + 1 >= guided * pipeline.num_timesteps and pipeline.do_classifier_free_guidance:
            stop_guiding(pipeline, tensors)
        report((number + 1) / max(1, pipeline.num_timesteps))
        return tensors

    return step_ended


def _pictures(kind: Kind, sketches: Sequence[Sketch]) -> dict[str, Any]:
    match kind:
        case Kind.MASK:
            return {
                "image": [Image.fromarray(sketch.picture) for sketch in sketches],
                "mask_image": [Image.fromarray(sketch.mask) for sketch in sketches],
            }
        case Kind.CONTROL:
            return {"control_image": [torch.stack([_control(sketch) for sketch in sketches])]}
        case Kind.CONTROL_MASK:
            return {
                "control_image": [Image.fromarray(sketch.picture) for sketch in sketches],
                "control_mask": [Image.fromarray(sketch.mask) for sketch in sketches],
            }
        case Kind.MASK_CONTROL:
            blank = Image.new("RGB", (sketches[0].mask.shape[1], sketches[0].mask.shape[0]), NOTHING)
            return {**_pictures(Kind.MASK, sketches), "control_image": [blank] * len(sketches)}
        case Kind.EDIT:
            return {"image": Image.fromarray(sketches[0].picture)}


def _control(sketch: Sketch) -> torch.Tensor:
    """Return the control image, (3, height, width) from 0 to 1, which is black where the model paints."""
    shown = np.where(sketch.mask[..., None], np.uint8(0), sketch.picture)
    return torch.from_numpy(shown).permute(2, 0, 1).float() / 255


def _guidance(preset: Preset, style: Style) -> float:
    raised = preset.manner(style).guidance
    return preset.guidance if raised is None else raised


def _lora_scale(preset: Preset, style: Style) -> float:
    scale = preset.manner(style).lora
    return preset.lora.scale if scale is None and preset.lora else scale or 0.0
