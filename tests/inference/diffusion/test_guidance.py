"""Guidance only in the first steps: the number of rows that the denoiser gets at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from inference.diffusion.engine import Diffusion
from inference.engine import Pixels, Style, ignore
from tests.support.tiny import Opened, request_for


def painted(engine: Diffusion, guided: float, steps: int = 4) -> tuple[Pixels, Sequence[int]]:
    """Paint a picture in some steps. Returns it with the number of rows at each step."""
    rows = list[int]()
    preset = engine.preset
    engine.preset = preset.model_copy(update={"steps": steps, "guided": guided, "guidance": 3.0})
    hook = engine.pipeline.unet.register_forward_pre_hook(lambda _net, given: rows.append(len(given[0])))
    request = replace(request_for("coffee", 60, Style.PLAYFUL), prompt="a lighthouse")
    try:
        return engine.expand(request, ignore).pixels, rows
    finally:
        hook.remove()
        engine.preset = preset


@pytest.mark.parametrize("name", ["tiny-sdxl-quality", "tiny-sd15", "tiny-sdxl-inpaint"])
def test_later_steps_run_with_the_words_alone(tiny_engine: Opened, name: str) -> None:
    engine = tiny_engine(name)
    canvases, rows = zip(*(painted(engine, guided) for guided in (1.0, 0.5, 0.25)), strict=True)
    steps = rows[0]
    assert set(steps) == {2}
    count = len(steps)
    assert rows[1] == [2] * -(-count // 2) + [1] * (count // 2)
    assert rows[2] == [2] * -(-count // 4) + [1] * (count - -(-count // 4))
    assert not np.array_equal(canvases[0], canvases[2])
    assert np.array_equal(painted(engine, 1.0)[0], canvases[0])
