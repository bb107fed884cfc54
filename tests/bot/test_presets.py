"""Jobs name the preset of their style, and a worker serves what its engines are and what its settings ask for."""

from __future__ import annotations

import pytest

from bot.presets import LONGEST, preset_of, served_by
from inference.casting import cast
from inference.engine import Reads, Style
from inference.worker.protocol import EngineInfo
from storage.models import Expansion

PATCHMATCH = EngineInfo("patchmatch", "", Reads.NOTHING)
BIG = EngineInfo("diffusion", "big", Reads.ENGLISH)
DEFAULT = EngineInfo("diffusion", "", Reads.ENGLISH)


def asked(engine: str, model: str = "") -> EngineInfo:
    """Return what a program's settings say of its engines."""
    return EngineInfo.of({s: EngineInfo(c.name.value, c.model, Reads.NOTHING) for s, c in cast(engine, model).items()})


def job(style: Style = Style.WILD, *, doubles: bool = False) -> Expansion:
    return Expansion(style=style, doubles=doubles)


@pytest.mark.parametrize(
    ("engine", "model", "preset"),
    [
        ("auto", "", ""),
        ("auto", "big", ""),
        ("patchmatch", "", "wild:patchmatch"),
        ("diffusion", "", "wild:diffusion"),
        ("diffusion", "big", "wild:big"),
        ("patchmatch,wild=big", "", "wild:big"),
        ("wild=patchmatch", "big", "wild:patchmatch"),
    ],
)
def test_a_job_names_the_preset_of_its_style(engine: str, model: str, preset: str) -> None:
    assert preset_of(asked(engine, model), job()) == preset


def test_what_needs_no_engine_names_no_preset() -> None:
    assert preset_of(asked("diffusion", "big"), job(doubles=True)) == ""


@pytest.mark.parametrize(
    ("settings", "opened", "serves", "leaves"),
    [
        (asked("auto"), PATCHMATCH, {"wild:patchmatch"}, {"wild:diffusion", "wild:big"}),
        (asked("auto", "big"), BIG, {"wild:big", "wild:diffusion"}, {"wild:patchmatch"}),
        (asked("auto"), DEFAULT, {"wild:diffusion"}, {"wild:big", "wild:patchmatch"}),
        (
            asked("patchmatch,wild=big"),
            EngineInfo.of({Style.FAITHFUL: PATCHMATCH, Style.PLAYFUL: PATCHMATCH, Style.WILD: BIG}),
            {"wild:big", "faithful:patchmatch"},
            {"faithful:big", "wild:patchmatch"},
        ),
    ],
    ids=["no-model", "model", "default-model", "by-style"],
)
def test_a_worker_serves_what_its_engines_paint(
    settings: EngineInfo, opened: EngineInfo, serves: set[str], leaves: set[str]
) -> None:
    served = served_by(settings, opened)
    assert serves <= served
    assert not leaves & served


def test_a_program_serves_its_own_jobs_whatever_its_engine_is_called() -> None:
    own = asked("patchmatch")
    assert preset_of(own, job()) in served_by(own, EngineInfo("stub", "", Reads.NOTHING))


def test_long_names_are_represented_by_their_hash() -> None:
    names = ["/models/" + "x" * LONGEST + end for end in "ab"]
    presets = [preset_of(asked("diffusion", name), job()) for name in names]
    assert len(set(presets)) == 2
    assert max(map(len, presets)) <= 100
    assert presets[0] in served_by(asked("auto"), EngineInfo("diffusion", names[0], Reads.ENGLISH))
