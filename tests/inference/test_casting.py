"""The text of KUOTU_ENGINE: one engine, or one for each style."""

from __future__ import annotations

import pytest

from inference.casting import EngineChoice, cast
from inference.engine import EngineName, Style

AUTO, PATCHMATCH = EngineChoice(EngineName.AUTO, "sdxl"), EngineChoice(EngineName.PATCHMATCH)
DIFFUSION, CPU = EngineChoice(EngineName.DIFFUSION, "sdxl"), EngineChoice(EngineName.DIFFUSION, "sd15-cpu")
FOLDER = EngineChoice(EngineName.DIFFUSION, "/models/mine?like=sdxl&batch=2")


@pytest.mark.parametrize(
    ("text", "faithful", "playful", "wild"),
    [
        pytest.param("auto", AUTO, AUTO, AUTO, id="one for all"),
        pytest.param("diffusion", DIFFUSION, DIFFUSION, DIFFUSION, id="with the model"),
        pytest.param("faithful=patchmatch,wild=sd15-cpu", PATCHMATCH, AUTO, CPU, id="a style that is not named"),
        pytest.param("wild=sd15-cpu, diffusion", DIFFUSION, DIFFUSION, CPU, id="one for the rest"),
        pytest.param("playful = diffusion, wild = auto", AUTO, DIFFUSION, AUTO, id="engines with the model"),
        pytest.param("Auto", AUTO, AUTO, AUTO, id="any letter case"),
        pytest.param("Wild=PatchMatch, DIFFUSION", DIFFUSION, DIFFUSION, PATCHMATCH, id="any letter case by style"),
        pytest.param("wild=/models/mine?like=sdxl&batch=2", AUTO, AUTO, FOLDER, id="a folder with options"),
    ],
)
def test_who_paints_what(text: str, faithful: EngineChoice, playful: EngineChoice, wild: EngineChoice) -> None:
    assert cast(text, "sdxl") == {Style.FAITHFUL: faithful, Style.PLAYFUL: playful, Style.WILD: wild}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("sd15-cpu", "use auto, patchmatch or diffusion$", id="a model for all belongs elsewhere"),
        pytest.param("patchmach", "did you mean patchmatch", id="a typing error"),
        pytest.param("", "use auto, patchmatch or diffusion", id="nothing"),
        pytest.param("bold=sdxl", "bold is no style; there are faithful, playful, wild", id="no style"),
        pytest.param("wild=sdxl,wild=klein", "wild needs one engine or model", id="twice"),
        pytest.param("wild=", "wild needs one engine or model", id="no engine"),
        pytest.param("auto,patchmatch", "auto and patchmatch cannot both paint", id="two for the rest"),
    ],
)
def test_what_is_wrong_is_named(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        cast(text)
