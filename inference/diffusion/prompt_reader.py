"""Makes tokens of a prompt with pictures, for the text encoder of Qwen-Image's edit pipelines (Qwen2.5-VL).

transformers' own processor also reads videos, and cannot be made without torchvision. diffusers drops what that
processor says about which tokens are pictures, without which transformers 5 gives the picture's tokens the positions of
a sentence instead of a grid (diffusers #14194).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch
from transformers import Qwen2Tokenizer, Qwen2VLImageProcessorPil, Qwen2VLProcessor

from inference.diffusion.placement import Pipeline

KIND: Final = "Qwen2VLProcessor"  # the class that a pipeline's index names


class PromptReader(Qwen2VLProcessor):
    """The processor without its part for videos."""

    def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None) -> None:
        self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
        super(Qwen2VLProcessor, self).__init__(image_processor, tokenizer, chat_template=chat_template)  # type: ignore[no-untyped-call]

    @classmethod
    def open(cls, folder: Path) -> PromptReader:
        """Read a processor's folder."""
        return cls(Qwen2VLImageProcessorPil.from_pretrained(folder), Qwen2Tokenizer.from_pretrained(folder))


def tell_pictures(pipeline: Pipeline) -> None:
    """Let a pipeline's text encoder know which of its tokens are pictures, whenever it reads one."""
    pipeline.text_encoder.register_forward_pre_hook(_told, with_kwargs=True)


def _told(encoder: Any, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if named.get("image_grid_thw") is None or named.get("mm_token_type_ids") is not None:
        return given, named
    pictures = (named["input_ids"] == encoder.config.image_token_id).to(torch.int)
    return given, {**named, "mm_token_type_ids": pictures}
