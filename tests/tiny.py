"""Small pipelines of the true classes with random weights, built without a network, for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import diffusers
import numpy as np
import torch
from peft import LoraConfig, get_peft_model_state_dict
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

from inference.canvas import Direction, Extent, scaled
from inference.engine import Request, Style

PRESETS = """
[tiny-sd15]
like = "sd15"
repo = "FOLDER/sd15"
budget = 16384
multiple = 32
steps = 2
foreign = 255.0
[tiny-sd15-lcm]
like = "sd15-lcm"
repo = "FOLDER/sd15"
budget = 16384
multiple = 32
steps = 2
foreign = 255.0
[tiny-sd15-lcm.lora]
repo = "FOLDER/sd15-lora"
[tiny-sdxl]
like = "sdxl"
repo = "FOLDER/sdxl"
budget = 16384
multiple = 32
steps = 2
foreign = 255.0
[tiny-sdxl.parts.controlnet]
repo = "FOLDER/controlnet"
[tiny-sdxl.parts.vae]
repo = "FOLDER/vae"
[tiny-sdxl-quality]
like = "sdxl-quality"
repo = "FOLDER/sdxl"
budget = 16384
multiple = 32
steps = 2
foreign = 255.0
[tiny-sdxl-quality.parts.controlnet]
repo = "FOLDER/controlnet"
[tiny-sdxl-quality.parts.vae]
repo = "FOLDER/vae"
[tiny-klein]
like = "klein"
repo = "FOLDER/klein"
budget = 16384
multiple = 32
steps = 2
foreign = 255.0
[tiny-klein.lora]
repo = "FOLDER/klein-lora"
[tiny-flux-fill]
like = "flux-fill"
repo = "FOLDER/flux-fill"
budget = 16384
multiple = 32
steps = 2
foreign = 255.0
[tiny-sdxl-inpaint]
like = "sdxl-inpaint"
repo = "FOLDER/sdxl-inpaint"
budget = 16384
multiple = 32
steps = 2
foreign = 255.0
[tiny-z-image]
like = "z-image"
repo = "FOLDER/z-image"
budget = 16384
multiple = 32
steps = 2
foreign = 255.0
"""
NAMES = [line[1:-1] for line in PRESETS.splitlines() if line.startswith("[") and "." not in line]
SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{{ c['text'] }}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WIDTH = 32  # of every text embedding
FACTOR = 8  # pixels per latent


def save_all(folder: Path) -> Path:
    """Save every preset's repositories, as the hub would hold them; the presets file that names them is returned.

    A preset `tiny-NAME` is NAME with tiny weights, a small budget and few steps.
    """
    torch.set_num_threads(1)
    for name, build in BUILDERS.items():
        with torch.random.fork_rng():
            torch.manual_seed(20)
            build().save_pretrained(folder / name, safe_serialization=True)
    _save_lora(folder, "klein", "transformer", ["to_q", "to_k"])
    _save_lora(folder, "sd15", "unet", ["to_q", "to_k"])
    presets = folder / "presets.toml"
    presets.write_text(PRESETS.replace("FOLDER", folder.as_posix()), "utf-8")
    return presets


def request_for(sample: str, longest: int, style: Style = Style.FAITHFUL, seed: int = 3) -> Request:
    """A sample photo at a small size, to be made 1.5 times larger."""
    photo = cv2.cvtColor(cv2.imread(str(SAMPLES / f"{sample}.jpg")), cv2.COLOR_BGR2RGB)
    scale = longest / max(photo.shape)
    photo = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    return Request(photo, scaled(Extent(photo.shape[1], photo.shape[0]), Direction.ALL, 1.5), style, seed)


def _save_lora(folder: Path, name: str, denoiser: str, modules: list[str]) -> None:
    """A LoRA that changes something: both of its matrices are drawn at random."""
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder / name)
    model = getattr(pipeline, denoiser)
    with torch.random.fork_rng():
        torch.manual_seed(21)
        model.add_adapter(LoraConfig(r=4, target_modules=modules, init_lora_weights=False))
    weights = get_peft_model_state_dict(model)
    pipeline.save_lora_weights(folder / f"{name}-lora", **{f"{denoiser}_lora_layers": weights})


def sd15() -> Any:
    return diffusers.StableDiffusionInpaintPipeline(
        unet=_unet(in_channels=9, cross_attention_dim=WIDTH, attention_head_dim=8),
        vae=_vae(),
        text_encoder=CLIPTextModel(_clip("quick_gelu")),
        tokenizer=_clip_tokenizer(),
        scheduler=diffusers.PNDMScheduler(**_BETAS, skip_prk_steps=True, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl() -> Any:
    """Text to image, as the base repository holds it; the ControlNet comes from another one."""
    return diffusers.StableDiffusionXLPipeline(**_sdxl_parts(4), scheduler=_euler(), add_watermarker=False)


def sdxl_inpaint() -> Any:
    return diffusers.StableDiffusionXLInpaintPipeline(**_sdxl_parts(9), scheduler=_euler(), add_watermarker=False)


def controlnet() -> Any:
    """ControlNet-Union ProMax: eight control types, the last of which repaints."""
    net = diffusers.ControlNetUnionModel(
        **_XL,
        in_channels=4,
        num_control_type=8,
        num_trans_channel=16,
        num_trans_head=4,
        num_trans_layer=1,
        num_proj_channel=16,
        conditioning_embedding_out_channels=(8, 16, 16, 32),
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        layers_per_block=1,
        norm_num_groups=8,
    )
    # zero at first, as training starts it: the picture would not matter
    torch.nn.init.normal_(net.controlnet_cond_embedding.conv_out.weight)
    for block in [*net.controlnet_down_blocks, net.controlnet_mid_block]:
        torch.nn.init.normal_(block.weight, std=0.1)
    return net


def vae() -> Any:
    return _vae()


def klein() -> Any:
    tokenizer = _qwen_tokenizer()
    transformer = diffusers.Flux2Transformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        timestep_guidance_channels=64,
        axes_dims_rope=[4, 4, 4, 4],
        guidance_embeds=False,
    )
    vae = diffusers.AutoencoderKLFlux2(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(16,) * 4,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=64,
    )
    return diffusers.Flux2KleinPipeline(
        transformer=transformer,
        vae=vae,
        text_encoder=_qwen3(tokenizer, Qwen3ForCausalLM, layers=28),
        tokenizer=tokenizer,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        is_distilled=True,
    )


def flux_fill() -> Any:
    latent = 4
    t5 = _t5_tokenizer()
    transformer = diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=4 * latent + 4 * latent + 4 * FACTOR * FACTOR,  # packed: latents, kept latents, mask
        out_channels=4 * latent,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        guidance_embeds=True,
        axes_dims_rope=(4, 4, 8),
    )
    config = T5Config(
        vocab_size=len(t5), d_model=WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4, decoder_start_token_id=0
    )
    return diffusers.FluxFillPipeline(
        transformer=transformer,
        vae=_vae(shift_factor=0.1159, scaling_factor=0.3611, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=CLIPTextModel(_clip("quick_gelu")),
        tokenizer=_clip_tokenizer(),
        text_encoder_2=T5EncoderModel(config),
        tokenizer_2=t5,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
    )


def z_image() -> Any:
    tokenizer = _qwen_tokenizer()
    transformer = diffusers.ZImageTransformer2DModel(
        all_patch_size=(2,),
        all_f_patch_size=(1,),
        in_channels=4,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        qk_norm=True,
        cap_feat_dim=16,
        rope_theta=256.0,
        t_scale=1000.0,
        axes_dims=[8, 4, 4],
        axes_lens=[1024, 512, 512],
    )
    with torch.no_grad():  # not initialised by the class
        transformer.x_pad_token.fill_(1.0)
        transformer.cap_pad_token.fill_(1.0)
    return diffusers.ZImageInpaintPipeline(
        transformer=transformer,
        vae=_vae(shift_factor=0.1159, scaling_factor=0.3611),
        text_encoder=_qwen3(tokenizer, Qwen3Model),
        tokenizer=tokenizer,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
    )


BUILDERS: Mapping[str, Callable[[], Any]] = {
    "sd15": sd15,
    "sdxl": sdxl,
    "controlnet": controlnet,
    "vae": vae,
    "klein": klein,
    "flux-fill": flux_fill,
    "sdxl-inpaint": sdxl_inpaint,
    "z-image": z_image,
}

_BETAS: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
_XL: dict[str, Any] = {
    "attention_head_dim": (2, 4),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "transformer_layers_per_block": (1, 1),
    "projection_class_embeddings_input_dim": 6 * 8 + WIDTH,
    "cross_attention_dim": 2 * WIDTH,
}


def _sdxl_parts(channels: int) -> dict[str, Any]:
    return {
        "unet": _unet(in_channels=channels, **_XL),
        "vae": _vae(),
        "tokenizer": _clip_tokenizer(),
        "tokenizer_2": _clip_tokenizer(),
        "text_encoder": CLIPTextModel(_clip("quick_gelu")),
        "text_encoder_2": CLIPTextModelWithProjection(_clip("gelu")),
        "force_zeros_for_empty_prompt": True,
    }


def _unet(**given: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        block_out_channels=(16, 32),
        layers_per_block=1,
        sample_size=16,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=8,
        **given,
    )


def _vae(**given: Any) -> Any:
    return diffusers.AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(16,) * 4,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=64,
        **given,
    )


def _euler() -> Any:
    return diffusers.EulerDiscreteScheduler(**_BETAS, steps_offset=1, timestep_spacing="leading")


def _clip(activation: str) -> CLIPTextConfig:
    tokenizer = _clip_tokenizer()
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        projection_dim=WIDTH,
        hidden_act=activation,
    )


def _qwen3(tokenizer: Any, model: Any, layers: int = 2) -> Any:
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=1024,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    return model(config)


def _letters() -> list[str]:
    """The 256 symbols that stand for bytes in byte-level tokenizers (Radford et al., «GPT-2», 2019)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in plain] + [chr(256 + number) for number in range(256 - len(plain))]


def _clip_tokenizer() -> CLIPTokenizer:
    letters = _letters()
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={token: number for number, token in enumerate(tokens)}, merges=[], model_max_length=77)


def _t5_tokenizer() -> T5TokenizerFast:
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    vocabulary += [(chr(code), -3.0) for code in range(33, 127)]
    return T5TokenizerFast(vocab=vocabulary, extra_ids=0, additional_special_tokens=[], model_max_length=512)


def _qwen_tokenizer() -> Qwen2Tokenizer:
    tokens = [*_letters(), "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=[], model_max_length=4096)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.chat_template = CHAT
    return tokenizer
