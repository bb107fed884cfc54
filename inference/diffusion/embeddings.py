"""Keeps what text encoders made of the latest prompts, so that rerolls and variants of the same words skip them.

A text encoder has billions of weights, and in the memory modes that offload it travels to the card for every call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

import torch
from PIL import Image

from inference.diffusion.placement import Pipeline

MOST: Final = 8  # calls; the embeddings of one take up to 8 MB a picture (FLUX.2 klein)
PLAIN: Final = (str, int, float, type(None), torch.device, torch.dtype)  # arguments that are compared by value


class Embeddings:
    """The embeddings of one loaded pipeline, by the arguments of `encode_prompt`; the least recently used go first.

    Edit models read a picture with the words, which counts by its pixels.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most, self._kept = most, OrderedDict[Any, Any]()

    def __len__(self) -> int:
        return len(self._kept)

    @contextmanager
    def used_by(self, pipeline: Pipeline, scale: float) -> Iterator[None]:
        """Let a pipeline take its embeddings from here. `scale` is its LoRA's, which may change the text encoder too.

        Arguments that hold a tensor are passed on, and nothing is kept of them.
        """
        encode: Callable[..., Any] = pipeline.encode_prompt

        def recalled(*given: Any, **named: Any) -> Any:
            key = _key((scale, given, sorted(named.items())))
            if key is None:
                return encode(*given, **named)
            if key not in self._kept:
                self._kept[key] = encode(*given, **named)
            self._kept.move_to_end(key)
            found = _copy(self._kept[key])
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return found

        pipeline.encode_prompt = recalled
        try:
            yield
        finally:
            del pipeline.encode_prompt


def _key(value: Any) -> Any:
    """Return a value with lists as tuples, for a dictionary's key, or None when a part cannot be compared by value."""
    if isinstance(value, list | tuple):
        parts = [_key(part) for part in value]
        return None if None in parts else ("several", *parts)
    if isinstance(value, Image.Image):
        return ("picture", value.size, sha256(value.tobytes()).digest())
    return (type(value), value) if isinstance(value, PLAIN) else None


def _copy(value: Any) -> Any:
    """Return a copy that a pipeline may change in place."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    return type(value)(_copy(part) for part in value) if isinstance(value, list | tuple) else value
