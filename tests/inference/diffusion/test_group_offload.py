"""For the classes of every preset, with and without a LoRA, group offloading loads each weight before it is read."""

from __future__ import annotations

import pytest
import torch

from inference.diffusion.embeddings import Embeddings
from inference.engine import ignore
from tests.support.tiny import Opened, request_for, unlike
from tests.support.traced_weights import Tracer


@pytest.mark.parametrize("name", unlike(lambda preset: (preset.pipeline, preset.lora is None)))
def test_every_weight_is_on_the_card_when_it_is_read(tiny_engine: Opened, name: str) -> None:
    engine = tiny_engine(name, memory="group")
    models = {key: part for key, part in engine.pipeline.components.items() if isinstance(part, torch.nn.Module)}
    engine._loaded._embeddings = Embeddings()  # so that the text encoders run, whatever was painted before
    tracer = Tracer(models)
    with tracer.watching():
        engine.expand(request_for("coffee", 120), ignore)
    assert len(tracer.read) > 50
    assert tracer.unseen == set()
