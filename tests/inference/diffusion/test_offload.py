"""Memory modes, the choice of an engine, and the doctor's report, as pure functions of facts."""

from __future__ import annotations

import pytest

from inference.diffusion.availability import Facts, suitable
from inference.diffusion.device import holds_fp8
from inference.diffusion.doctor import catalogue, checks
from inference.diffusion.model_spec import ModelChoice
from inference.diffusion.offload import Card, Mode, choose, next_mode, possible_on
from inference.diffusion.presets import load_presets
from inference.engine import EngineName, EngineUnavailable

SDXL = load_presets()["sdxl"].memory
PROCESSOR = Card("cpu", "x86_64", 24, 20)


def card(free: float) -> Card:
    return Card("cuda:0", "NVIDIA Test", 24, free)


@pytest.mark.parametrize(
    ("free", "mode"),
    [
        (24, Mode.RESIDENT),
        (12, Mode.RESIDENT),
        (11.9, Mode.OFFLOAD),
        (10, Mode.OFFLOAD),
        (9.9, Mode.FP8),
        (8, Mode.FP8),
        (7.9, Mode.GROUP),
        (4, Mode.GROUP),
    ],
)
def test_the_fastest_mode_that_fits(free: float, mode: Mode) -> None:
    assert choose(SDXL, card(free)) is mode


APPLE = Card("mps", "Apple arm64", 24, 9, fp8=False)


def test_a_card_without_8_bit_floats_is_never_asked_for_them() -> None:
    assert Mode.FP8 not in possible_on(APPLE, SDXL)
    assert choose(SDXL, APPLE) is Mode.GROUP
    assert next_mode(possible_on(APPLE, SDXL), Mode.OFFLOAD) is Mode.GROUP
    with pytest.raises(EngineUnavailable, match="Apple arm64 has no 8-bit floats"):
        choose(SDXL, APPLE, Mode.FP8)


def test_a_processor_can_hold_8_bit_floats_and_torch_is_asked() -> None:
    assert holds_fp8("cpu")
    assert not holds_fp8("meta")  # nothing comes back from there


@pytest.mark.parametrize("name", load_presets())
def test_every_mode_of_a_preset_is_chosen_on_some_card(name: str) -> None:
    """A mode that needs as much memory as a faster one would never be chosen."""
    needs = list(load_presets()[name].memory.values())
    assert needs == sorted(set(needs), reverse=True)


def test_a_card_that_is_too_small_is_told() -> None:
    with pytest.raises(EngineUnavailable, match=r"NVIDIA Test has 3.0 of 24.0 GiB free and the model needs 4 at least"):
        choose(SDXL, card(3))


def test_a_forced_mode_is_taken_and_a_processor_has_one() -> None:
    assert choose(SDXL, card(3), Mode.RESIDENT) is Mode.RESIDENT
    assert choose(SDXL, PROCESSOR) is Mode.RESIDENT


@pytest.mark.parametrize(
    ("mode", "following"),
    [(Mode.RESIDENT, Mode.OFFLOAD), (Mode.OFFLOAD, Mode.FP8), (Mode.FP8, Mode.GROUP), (Mode.GROUP, None)],
)
def test_the_next_mode_needs_less(mode: Mode, following: Mode | None) -> None:
    assert next_mode(SDXL, mode) is following


@pytest.mark.parametrize(
    ("facts", "engine"),
    [
        pytest.param(Facts(card=card(24)), EngineName.DIFFUSION, id="all there"),
        pytest.param(Facts(("torch",)), EngineName.PATCHMATCH, id="no libraries"),
        pytest.param(Facts(problem="run: kuotu pull sdxl", card=card(24)), EngineName.PATCHMATCH, id="no model"),
        pytest.param(Facts(card=PROCESSOR), EngineName.PATCHMATCH, id="no card"),
        pytest.param(Facts(), EngineName.PATCHMATCH, id="nobody asked for the card"),
    ],
)
def test_the_suitable_engine(facts: Facts, engine: EngineName) -> None:
    assert suitable(facts) is engine


@pytest.mark.parametrize(
    ("facts", "choice", "bad"),
    [
        pytest.param(Facts(("torch", "peft")), ModelChoice(), ["libraries: torch, peft missing"], id="libraries"),
        pytest.param(
            Facts(problem="run: kuotu pull sdxl", card=PROCESSOR),
            ModelChoice(),
            ["card: torch sees no GPU", "model: run: kuotu pull sdxl"],
            id="card and model",
        ),
        pytest.param(
            Facts(problem="run: kuotu pull flux-fill", card=card(24), disk=30.5),
            ModelChoice(model="flux-fill"),
            [
                "4 bits: bitsandbytes missing; .venv/bin/pip install -c constraints.txt -e '.[nf4]'",
                "token: it is gated: accept the licence at https://huggingface.co/black-forest-labs/FLUX.1-Fill-dev",
                "disk: 34.5 GB to download, 30.5 GB free; make room",
                "model: run: kuotu pull flux-fill",
            ],
            id="what a gated model in 4 bits needs",
        ),
        pytest.param(
            Facts(problem="run: kuotu pull flux-fill", card=card(24), nf4=True, token=True, disk=90.0),
            ModelChoice(model="flux-fill"),
            ["model: run: kuotu pull flux-fill"],
            id="all but the download",
        ),
        pytest.param(
            Facts(revision="abc", card=card(5), memory=6.0),
            ModelChoice(),
            ["main memory: 6.0 GiB free for 9.2 GiB of weights"],
            id="main memory, where weights wait",
        ),
        pytest.param(
            Facts(revision="abc", card=card(3), preset=load_presets()["flux-fill"], nf4=True),
            ModelChoice(model="/models/mine"),
            ["memory: NVIDIA Test has 3.0 of 24.0 GiB free and the model needs 13 at least"],
            id="a folder, asked as a preset",
        ),
        pytest.param(Facts(revision="abc", card=card(3)), ModelChoice(), ["memory: NVIDIA Test has 3.0"], id="memory"),
        pytest.param(Facts(revision="abc", card=card(24)), ModelChoice(), [], id="well"),
    ],
)
def test_the_doctor_names_each_step_that_is_missing(facts: Facts, choice: ModelChoice, bad: list[str]) -> None:
    found = [f"{check.subject}: {check.words}" for check in checks(facts, choice) if not check.good]
    assert [words[: len(start)] for words, start in zip(found, bad, strict=True)] == bad


def test_the_doctor_says_how_the_model_will_run() -> None:
    said = {check.subject: check.words for check in checks(Facts(revision="abc", card=card(9)), ModelChoice())}
    assert said["memory"] == "mode fp8; GiB needed: resident 12, offload 10, fp8 8, group 4"
    assert "commercial use" in said["licence"]


def test_the_doctor_names_the_torch_that_sees_no_card() -> None:
    said = {
        check.subject: check.words
        for check in checks(Facts(card=PROCESSOR, torch="2.13.0 (for no CUDA card)"), ModelChoice())
    }
    assert said["libraries"].endswith("torch 2.13.0 (for no CUDA card)")
    assert said["card"].startswith("torch 2.13.0 (for no CUDA card) sees no GPU")
    assert "https://pytorch.org/get-started/locally/" in said["card"]
    assert "KUOTU_MODEL=sd15-cpu" in said["card"]
    assert "sd15-cpu" in load_presets()


def test_the_catalogue_says_which_presets_read_chinese() -> None:
    reading = {line.split()[0] for line in catalogue(card(24), ModelChoice()) if "English and Chinese" in line}
    assert reading == {"klein", "klein-base", "klein-nf4", "z-image-control", "qwen-fill", "qwen-edit", "qwen-edit-nf4"}


def test_the_catalogue_says_what_each_preset_costs_and_permits() -> None:
    lines = {line.split()[0]: line for line in catalogue(card(9), ModelChoice())}
    assert lines.keys() == load_presets().keys()
    fill = "NON-COMMERCIAL, gated, reads English alone; too large for this card: needs 13 GiB free"
    assert fill in lines["flux-fill"]
    assert lines["sdxl"].endswith("9.9 GB to download, commercial, reads English alone; runs here in mode fp8")
