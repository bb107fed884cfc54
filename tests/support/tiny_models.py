"""Tiny pipelines of the classes that the presets name, with random weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import diffusers
import torch
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
)

from tests.support.tiny_tokenizers import clip_tokenizer, qwen_tokenizer, t5_tokenizer

WIDTH = 32  # of every text embedding
PICTURES = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")  # tokens of Qwen2.5-VL
FACTOR = 8  # pixels per latent


def sd15() -> Any:
    return diffusers.StableDiffusionInpaintPipeline(
        unet=_unet(in_channels=9, cross_attention_dim=WIDTH, attention_head_dim=8),
        vae=_vae(),
        text_encoder=CLIPTextModel(_clip("quick_gelu")),
        tokenizer=clip_tokenizer(),
        scheduler=diffusers.PNDMScheduler(**_BETAS, skip_prk_steps=True, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl() -> Any:
    """Text to image, as in the base repository. The ControlNet comes from another repository."""
    return diffusers.StableDiffusionXLPipeline(**_sdxl_parts(4), scheduler=_euler(), add_watermarker=False)


def sdxl_inpaint() -> Any:
    return diffusers.StableDiffusionXLInpaintPipeline(**_sdxl_parts(9), scheduler=_euler(), add_watermarker=False)


def controlnet() -> Any:
    """ControlNet-Union ProMax has eight control types. The last one repaints."""
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


def klein_base() -> Any:
    """The model is not distilled, so it is guided."""
    return klein(distilled=False)


def klein(*, distilled: bool = True) -> Any:
    tokenizer = qwen_tokenizer()
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
        is_distilled=distilled,
    )


def flux_fill() -> Any:
    """The model is as wide as the blocks of 64 weights in which 4-bit weights are stored."""
    latent, wide = 16, 64
    t5 = t5_tokenizer()
    transformer = diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=4 * latent + 4 * latent + 4 * FACTOR * FACTOR,  # packed: latents, kept latents, mask
        out_channels=4 * latent,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=4,
        joint_attention_dim=wide,
        pooled_projection_dim=wide,
        guidance_embeds=True,
        axes_dims_rope=(4, 4, 8),
    )
    config = T5Config(
        vocab_size=len(t5), d_model=wide, d_kv=16, d_ff=wide, num_layers=2, num_heads=4, decoder_start_token_id=0
    )
    return diffusers.FluxFillPipeline(
        transformer=transformer,
        vae=_vae(latent, shift_factor=0.1159, scaling_factor=0.3611, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=CLIPTextModel(_clip("quick_gelu", wide)),
        tokenizer=clip_tokenizer(),
        text_encoder_2=T5EncoderModel(config),
        tokenizer_2=t5,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
    )


def z_image() -> Any:
    """Text to image, as in the base repository. The ControlNet comes from another repository."""
    tokenizer = qwen_tokenizer()
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
    return diffusers.ZImagePipeline(
        transformer=transformer,
        vae=_vae(shift_factor=0.1159, scaling_factor=0.3611),
        text_encoder=_qwen3(tokenizer, Qwen3Model),
        tokenizer=tokenizer,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
    )


def z_image_controlnet() -> Any:
    """The ControlNet sees the latents of a control image, the mask, and the latents of the kept part."""
    net = diffusers.ZImageControlNetModel(**Z_IMAGE_CONTROL, all_patch_size=(2,), all_f_patch_size=(1,))
    for name, weights in net.named_parameters():  # zero at first, as for SDXL
        if "_proj." in name:
            torch.nn.init.normal_(weights, std=0.1)
    return net


def qwen() -> Any:
    """Text to image, as in the base repository. The ControlNet comes from another repository."""
    return diffusers.QwenImagePipeline(**_qwen_parts(qwen_tokenizer(*PICTURES)))


def qwen_edit() -> Any:
    """The processor is saved beside it, as no class that could be made here would save what the hub holds."""
    # it encodes a megapixel at each call, so its VAE has few channels, and one level more than the real one
    parts = _qwen_parts(qwen_tokenizer(*PICTURES), base_dim=4, levels=5, num_res_blocks=0)
    return diffusers.QwenImageEditPlusPipeline(**parts, processor=None)


def qwen_controlnet() -> Any:
    """The ControlNet for inpainting sees the mask besides the picture, and has one block for two of the model's."""
    net = diffusers.QwenImageControlNetModel(**_QWEN, num_layers=1, extra_condition_channels=4)
    for layer in [net.controlnet_x_embedder, *net.controlnet_blocks]:  # zero at first, as for SDXL
        torch.nn.init.normal_(layer.weight, std=0.1)
    return net


Z_IMAGE_CONTROL: dict[str, Any] = {
    "control_layers_places": [0, 1],
    "control_refiner_layers_places": [0],
    "add_control_noise_refiner": "control_noise_refiner",
    "control_in_dim": 9,
    "dim": 32,
    "n_refiner_layers": 1,
    "n_heads": 2,
    "n_kv_heads": 2,
}

BUILDERS: Mapping[str, Callable[[], Any]] = {
    "sd15": sd15,
    "sdxl": sdxl,
    "controlnet": controlnet,
    "vae": vae,
    "klein": klein,
    "klein-base": klein_base,
    "flux-fill": flux_fill,
    "sdxl-inpaint": sdxl_inpaint,
    "z-image": z_image,
    "qwen": qwen,
    "qwen-controlnet": qwen_controlnet,
    "qwen-edit": qwen_edit,
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

_QWEN: dict[str, Any] = {
    "patch_size": 2,
    "in_channels": 16,
    "out_channels": 4,
    "attention_head_dim": 16,
    "num_attention_heads": 2,
    "joint_attention_dim": 16,
    "axes_dims_rope": (8, 4, 4),
}


def _qwen_parts(tokenizer: Any, base_dim: int = 8, levels: int = 4, num_res_blocks: int = 1) -> dict[str, Any]:
    return {
        "transformer": diffusers.QwenImageTransformer2DModel(**_QWEN, num_layers=2),
        "vae": diffusers.AutoencoderKLQwenImage(
            base_dim=base_dim,
            z_dim=4,
            dim_mult=[1] * levels,
            num_res_blocks=num_res_blocks,
            temperal_downsample=[False] + [True] * (levels - 2),
            latents_mean=[0.0] * 4,
            latents_std=[1.0] * 4,
        ),
        "text_encoder": _qwen_vl(tokenizer),
        "tokenizer": tokenizer,
        "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
    }


def _sdxl_parts(channels: int) -> dict[str, Any]:
    return {
        "unet": _unet(in_channels=channels, **_XL),
        "vae": _vae(),
        "tokenizer": clip_tokenizer(),
        "tokenizer_2": clip_tokenizer(),
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


def _vae(latent: int = 4, **given: Any) -> Any:
    return diffusers.AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(16,) * 4,
        layers_per_block=1,
        latent_channels=latent,
        norm_num_groups=8,
        sample_size=64,
        **given,
    )


def _euler() -> Any:
    return diffusers.EulerDiscreteScheduler(**_BETAS, steps_offset=1, timestep_spacing="leading")


def _clip(activation: str, width: int = WIDTH) -> CLIPTextConfig:
    tokenizer = clip_tokenizer()
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        projection_dim=width,
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


def _qwen_vl(tokenizer: Any) -> Any:
    text = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    rotary = {"mrope_section": [1, 1, 2], "rope_type": "default", "rope_theta": 1e6}
    text |= {"num_key_value_heads": 2, "vocab_size": len(tokenizer), "rope_parameters": rotary}
    text |= {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id}
    vision = {"depth": 2, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16}
    start, end, image, video = tokenizer.convert_tokens_to_ids(list(PICTURES))
    return Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config=text,
            vision_config=vision,
            vision_start_token_id=start,
            vision_end_token_id=end,
            image_token_id=image,
            video_token_id=video,
        )
    )
