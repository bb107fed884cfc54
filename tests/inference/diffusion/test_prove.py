"""`prove` reports problems of a model instead of failing."""

from __future__ import annotations

from pathlib import Path

from inference.diffusion.model_spec import parse_choice
from inference.diffusion.offload import Mode
from inference.diffusion.prove import Trial
from tests.support.tiny import request_for
from tests.support.tiny_engines import Cramped, Refusing

REQUEST = request_for("coffee", 60)
LATER = {"tiny-sd15: mode offload", "tiny-sd15: mode group", "tiny-sd15: batch of 2"}


def test_a_mode_that_memory_does_not_suffice_for_says_which_one_painted(tiny_presets: Path) -> None:
    choice = parse_choice(f"tiny-sd15?presets={tiny_presets}")
    trial = Trial("tiny-sd15", choice, REQUEST, loader=Cramped(Mode.RESIDENT))
    resident, fp8 = (shown.row for shown in trial.rows(LATER))
    assert (resident.what, resident.problem, resident.repeats) == ("mode resident", "went on in mode fp8", True)
    assert (fp8.what, fp8.problem) == ("mode fp8", "")


def test_a_mode_that_cannot_be_loaded_is_a_row_and_the_others_follow(tiny_presets: Path) -> None:
    choice = parse_choice(f"tiny-sd15?presets={tiny_presets}")
    trial = Trial("tiny-sd15", choice, REQUEST, loader=Refusing(*Mode))
    rows = [shown.row for shown in trial.rows()]
    assert [row.what for row in rows] == ["mode resident", "mode fp8", "mode offload", "mode group", "batch of 2"]
    assert all("Cannot convert a float8 tensor" in row.problem for row in rows)
