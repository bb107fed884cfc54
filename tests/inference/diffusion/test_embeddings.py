"""The words of the latest calls are not encoded again, and the picture is the same to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inference.diffusion.embeddings import Embeddings
from inference.diffusion.engine import Diffusion
from inference.engine import Style, ignore
from tests.support.tiny import Opened, request_for

EACH_CLASS = [
    "tiny-sd15-lcm",
    "tiny-sdxl",
    "tiny-klein",
    "tiny-klein-base",
    "tiny-flux-fill",
    "tiny-z-image-control",
    "tiny-qwen-fill",
    "tiny-qwen-edit",
]
REQUEST = replace(request_for("coffee", 120), prompt="a lighthouse")


@contextmanager
def encoders_of(engine: Diffusion) -> Iterator[list[str]]:
    """Return a list that gets the name of a text encoder at each of its calls."""
    calls, hooks = list[str](), []
    for name, model in engine.pipeline.components.items():
        if name.startswith("text_encoder"):
            hooks.append(model.register_forward_pre_hook(lambda *_given, name=name: calls.append(name)))
    assert hooks
    yield calls
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("name", EACH_CLASS)
def test_the_same_words_are_encoded_once_and_give_the_same_bytes(tiny_engine: Opened, name: str) -> None:
    engine = tiny_engine(name)
    engine._loaded._embeddings = Embeddings()
    with encoders_of(engine) as calls:
        first = engine.expand(REQUEST, ignore).pixels
        assert calls
        calls.clear()
        other = engine.expand(replace(REQUEST, seed=REQUEST.seed + 1), ignore).pixels
        again = engine.expand(REQUEST, ignore).pixels
        assert calls == []
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"prompt": "a harbour"}, id="other words"),
        pytest.param({"style": Style.PLAYFUL}, id="another style, with other negative words"),
    ],
)
def test_what_the_embeddings_depend_on_is_encoded_again(tiny_engine: Opened, changes: dict[str, Any]) -> None:
    engine = tiny_engine("tiny-sd15")
    first = engine.expand(REQUEST, ignore).pixels
    engine._loaded._embeddings = Embeddings()
    changed = engine.expand(replace(REQUEST, **changes), ignore).pixels
    with encoders_of(engine) as calls:
        assert np.array_equal(engine.expand(REQUEST, ignore).pixels, first)
    assert calls
    assert not np.array_equal(changed, first)


def encoder() -> tuple[Any, list[Any]]:
    """Return a pipeline that doubles the length of its prompts, and the list of its calls."""
    calls = list[Any]()

    def encode_prompt(prompts: list[str], *, picture: Any = None) -> tuple[torch.Tensor, None]:
        calls.append((prompts, picture))
        return torch.tensor([2.0 * len(prompt) for prompt in prompts]), None

    class Encoding(SimpleNamespace):
        encode_prompt = staticmethod(lambda *given, **named: encode_prompt(*given, **named))

    return Encoding(), calls


def test_only_the_latest_calls_are_kept() -> None:
    (pipeline, calls), embeddings = encoder(), Embeddings(most=2)
    with embeddings.used_by(pipeline, 1.0):
        for words in ("a", "b", "a", "c", "a", "b"):
            pipeline.encode_prompt([words])
    assert [prompts for prompts, _ in calls] == [["a"], ["b"], ["c"], ["b"]]
    assert len(embeddings) == 2


def test_a_tensor_beside_the_words_or_another_scale_is_encoded_each_time() -> None:
    (pipeline, calls), embeddings = encoder(), Embeddings()
    for scale in (1.0, 0.8):
        with embeddings.used_by(pipeline, scale):
            pipeline.encode_prompt(["a"])
            pipeline.encode_prompt(["a"], picture=torch.zeros(1))
            pipeline.encode_prompt(["a"], picture=[torch.zeros(1)])
    pipeline.encode_prompt(["a"])
    assert len(calls) == 7
    assert len(embeddings) == 2


def test_a_picture_beside_the_words_is_known_by_its_pixels() -> None:
    (pipeline, calls), embeddings = encoder(), Embeddings()
    pictures = [Image.new("RGB", size, colour) for size, colour in (((2, 3), 7), ((2, 3), 7), ((3, 2), 7), ((2, 3), 8))]
    with embeddings.used_by(pipeline, 1.0):
        for picture in pictures:
            pipeline.encode_prompt(["a"], picture=[picture])
    assert len(calls) == len(embeddings) == 3


def test_a_pipeline_may_change_what_it_gets() -> None:
    (pipeline, _), embeddings = encoder(), Embeddings()
    with embeddings.used_by(pipeline, 1.0):
        pipeline.encode_prompt(["abc"])[0].zero_()
        found, nothing = pipeline.encode_prompt(["abc"])
    assert found.tolist() == [6.0]
    assert nothing is None
