"""Tiny models with the classes of the real ones and random weights, built offline, for tests and benchmarks."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from transformers import (
    BartConfig,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    Florence2Config,
    Florence2ForConditionalGeneration,
    Florence2Processor,
    Florence2VisionConfig,
    Qwen2VLImageProcessorPil,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessorPil,
)

from inference.canvas import Extent
from inference.diffusion.engine import Diffusion, open_diffusion
from inference.diffusion.presets import Preset, load_presets, shipped
from inference.engine import Request, Style
from inference.growth import Direction, scaled
from inference.hub.repository import INDEX
from tests.support.photos import SAMPLES
from tests.support.tiny_models import BUILDERS, PICTURES, Z_IMAGE_CONTROL, z_image_controlnet
from tests.support.tiny_tokenizers import bart_tokenizer, qwen_tokenizer

Opened = Callable[..., Diffusion]

SMALL = "budget = 16384\nmultiple = 32\nsteps = 2\ncaptions = false\n"
REPOSITORIES = {  # of each preset: its own, then those of its parts
    "sd15": ("sd15",),
    "sd15-lcm": ("sd15", "lora"),
    "sd15-cpu": ("sd15", "lora"),
    "sdxl": ("sdxl", "parts.controlnet", "parts.vae"),
    "sdxl-quality": ("sdxl", "parts.controlnet", "parts.vae"),
    "klein": ("klein", "lora"),
    "klein-base": ("klein-base", "lora"),
    "klein-nf4": ("klein", "lora"),
    "flux-fill": ("flux-fill",),
    "sdxl-inpaint": ("sdxl-inpaint", "parts.vae"),
    "z-image-control": ("z-image", "parts.controlnet"),
    "qwen-fill": ("qwen", "parts.controlnet"),
    "qwen-edit": ("qwen-edit", "lora"),
    "qwen-edit-nf4": ("qwen-edit", "lora"),
}
NAMES = [f"tiny-{name}" for name in REPOSITORIES]


def unlike(feature: Callable[[Preset], object]) -> list[str]:
    """Return the first tiny preset with each value of a feature of its preset."""
    found = dict[object, str]()
    for name, preset in zip(NAMES, map(shipped().__getitem__, REPOSITORIES), strict=True):
        found.setdefault(feature(preset), name)
    return list(found.values())


def save_all(folder: Path) -> Path:
    """Save the repositories of all presets as the hub holds them, and return a presets file that names them.

    A preset `tiny-NAME` is NAME with tiny weights, a small budget and few steps, and `tiny-captioned` has captions.
    """
    torch.set_num_threads(1)
    for name, build in BUILDERS.items():
        with torch.random.fork_rng():
            torch.manual_seed(20)
            build().save_pretrained(folder / name, safe_serialization=True)
    _save_file(folder / "z-image-controlnet", "z-image-control", z_image_controlnet())
    _save_lora(folder, "klein", "klein", "transformer", ["to_q", "to_k"])
    _save_lora(folder, "qwen-edit", "qwen-edit", "transformer", ["to_q", "to_k"])
    _save_processor(folder / "qwen-edit")
    _save_lora(folder, "sd15", "sd15-lcm", "unet", ["to_q", "to_k"])
    presets = folder / "presets.toml"
    captioned = f'[tiny-captioned]\nlike = "tiny-sd15"\ncaptions = true\ncaptioner.repo = "{save_florence(folder)}"\n'
    presets.write_text("\n".join([*(_table(name, folder) for name in REPOSITORIES), captioned]), "utf-8")
    return presets


def _table(name: str, folder: Path) -> str:
    own, *others = REPOSITORIES[name]
    lines = [f'[tiny-{name}]\nlike = "{name}"\nrepo = "{folder / own}"\n{SMALL}']
    for other in others:
        repository = f"{own.removesuffix('-base')}-lora" if other == "lora" else other.removeprefix("parts.")
        repository = f"{own}-{repository}" if own in ("qwen", "z-image") else repository
        lines.append(f'[tiny-{name}.{other}]\nrepo = "{folder / repository}"\n')
    if name == "z-image-control":
        lines.append(f"[tiny-{name}.parts.controlnet.config]\n{_toml(Z_IMAGE_CONTROL)}")
    return "".join(lines)


def _toml(values: Mapping[str, Any]) -> str:
    """Return a table's lines; JSON writes numbers, strings and lists as TOML does."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def save_classifier(folder: Path, *classes: str, **config: Any) -> Path:
    """Save an untrained vision transformer that classifies images of 32 px; return its folder."""
    labels = dict(enumerate(classes))
    shape = ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=32,
        patch_size=16,
        id2label=labels,
        label2id={name: number for number, name in labels.items()},
        **config,
    )
    with torch.random.fork_rng():
        torch.manual_seed(22)
        ViTForImageClassification(shape).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def save_florence(folder: Path) -> Path:
    """Save an untrained Florence-2 for images of 64 px in a folder of its own; return that."""
    tokenizer = bart_tokenizer()
    vision = Florence2VisionConfig(
        depths=[1] * 4, embed_dim=[8] * 4, num_heads=[2] * 4, num_groups=[2] * 4, window_size=2, projection_dim=16
    )
    text = BartConfig(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
    )
    config = Florence2Config(text_config=text, vision_config=vision, image_token_id=tokenizer.image_token_id)
    with torch.random.fork_rng():
        torch.manual_seed(24)
        Florence2ForConditionalGeneration(config).save_pretrained(folder / "florence")
    side = {"height": 64, "width": 64}
    images = CLIPImageProcessorPil(size=side, crop_size=side, do_center_crop=False, image_seq_length=5)
    Florence2Processor(images, tokenizer).save_pretrained(folder / "florence")
    return folder / "florence"


def save_clip(folder: Path, *, colours: bool = False) -> Path:
    """Save an untrained CLIP for images of 32 px; with `colours` its image embedding is the mean colour."""
    vision = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "image_size": 32}
    text = {"vocab_size": 16, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config={**text, "intermediate_size": 16, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1},
        vision_config={**vision, "hidden_size": 8, "patch_size": 8},
        projection_dim=3 if colours else 8,
    )
    with torch.random.fork_rng():
        torch.manual_seed(23)
        model = CLIPModel(config)
    if colours:
        _see_colours(model)
    model.save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def _see_colours(model: Any) -> None:
    """Set the weights so that a patch becomes its red, green and blue, their negatives, and two large constants.

    The constants dominate the layer norm, so that it scales every patch alike.
    """
    vision = model.vision_model
    attention = vision.encoder.layers[0].self_attn
    with torch.no_grad():
        for name, weights in vision.named_parameters():
            weights.fill_(float("norm" in name and name.endswith("weight")))
        for channel in range(3):
            vision.embeddings.patch_embedding.weight[channel, channel] = 1 / 64
            vision.embeddings.patch_embedding.weight[channel + 3, channel] = -1 / 64
        vision.embeddings.position_embedding.weight[:, 6], vision.embeddings.position_embedding.weight[:, 7] = 100, -100
        attention.v_proj.weight.copy_(torch.eye(8))
        attention.out_proj.weight.copy_(torch.eye(8))
        model.visual_projection.weight.copy_(torch.eye(3, 8))


def opener(presets: Path) -> Opened:
    """Return a function that opens an engine by preset and options; the same arguments return the same engine."""
    engines: dict[str, Diffusion] = {}

    def opened(name: str, **options: Any) -> Diffusion:
        model = "&".join([f"{name}?presets={presets}", *(f"{key}={value}" for key, value in options.items())])
        if model not in engines:
            engines[model] = open_diffusion(model)
            gc.freeze()  # it stays until the session ends; the collector, which loading starts often, need not look
        return engines[model]

    return opened


def request_for(sample: str, longest: int, style: Style = Style.FAITHFUL, seed: int = 3) -> Request:
    """Return an unjudged request to expand a small sample photo 1.5 times on all sides; no model here is trained."""
    photo = cv2.cvtColor(cv2.imread(str(SAMPLES / f"{sample}.jpg")), cv2.COLOR_BGR2RGB)
    scale = longest / max(photo.shape)
    photo = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    return Request(photo, scaled(Extent.of(photo), Direction.ALL, 1.5), style, seed, judged=False)


def _save_processor(folder: Path) -> None:
    """Save a processor as the hub's repository holds it, which needs torchvision to be made by its own class."""
    index = json.loads((folder / INDEX).read_text("utf-8"))
    index["processor"] = ["transformers", "Qwen2VLProcessor"]
    (folder / INDEX).write_text(json.dumps(index), "utf-8")
    Qwen2VLImageProcessorPil().save_pretrained(folder / "processor")
    qwen_tokenizer(*PICTURES).save_pretrained(folder / "processor")


def _save_file(folder: Path, preset: str, model: Any) -> None:
    """Save a part as the single file that its preset names."""
    folder.mkdir()
    (folder / "README.md").touch()
    save_file(model.state_dict(), folder / load_presets()[preset].parts["controlnet"].weights)


def _save_lora(folder: Path, name: str, preset: str, denoiser: str, modules: list[str]) -> None:
    """Save a LoRA whose two matrices are random, so that it changes the output."""
    from peft import LoraConfig, get_peft_model_state_dict  # which take three seconds: they bring torch's compiler

    pipeline = BUILDERS[name]()
    model = getattr(pipeline, denoiser)
    with torch.random.fork_rng():
        torch.manual_seed(21)
        model.add_adapter(LoraConfig(r=4, target_modules=modules, init_lora_weights=False))
    weights = get_peft_model_state_dict(model)
    target, file = folder / f"{name}-lora", load_presets()[preset].lora
    assert file
    given = {f"{denoiser}_lora_layers": weights}
    pipeline.save_lora_weights(target, weight_name=file.weights or None, **given)
    if file.weights:  # as a repository that holds the same weights once more, for another program
        shutil.copy(target / file.weights, target / "comfy_converted.safetensors")
