"""For the classes of every preset, group offloading loads each weight before it is read."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
import torch

from inference.engine import ignore
from tests.support.tiny import NAMES, Opened, request_for
from tests.support.traced_weights import Tracer


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_is_on_the_card_when_it_is_read(tiny_engine: Opened, name: str) -> None:
    engine = tiny_engine(name, memory="group")
    models = {key: part for key, part in engine.pipeline.components.items() if isinstance(part, torch.nn.Module)}
    tracers = [Tracer(key, model) for key, model in models.items()]
    with ExitStack() as stack:
        for tracer in tracers:
            stack.enter_context(tracer.watching())
        engine.expand(request_for("coffee", 120), ignore)
    assert sum(len(tracer.read) for tracer in tracers) > 50
    assert set().union(*(tracer.unseen for tracer in tracers)) == set()
