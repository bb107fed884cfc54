"""The presets, and how KUOTU_MODEL chooses among them."""

from __future__ import annotations

import json
from pathlib import Path

import diffusers
import pytest

from inference.diffusion.checkpoint import find, resolve
from inference.diffusion.model_spec import ModelChoice, parse_choice
from inference.diffusion.offload import Mode
from inference.diffusion.presets import DEFAULT, Kind, load_presets
from inference.engine import EngineName, EngineUnavailable, Reads, Style
from inference.registry import read_by


def test_the_shipped_presets_name_classes_that_exist_and_their_terms() -> None:
    presets = load_presets()
    assert DEFAULT in presets
    for preset in presets.values():
        names = [preset.pipeline, *preset.serves, *(part.kind for part in preset.parts.values()), preset.scheduler]
        assert all(hasattr(diffusers, name) for name in names if name)
        assert "{scene}" in preset.prompt
        assert preset.licence
        assert preset.permits
        assert next(iter(preset.memory)) is Mode.RESIDENT
    assert not presets["flux-fill"].commercial
    assert presets["flux-fill"].gated
    assert presets["klein"].kind is Kind.EDIT
    assert presets["klein"].registers


def test_an_own_preset_is_like_another_and_changes_it(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[mine]\nlike = "sdxl"\nrepo = "me/mine"\nsteps = 12\n[mine.styles.wild]\nguidance = 9.0\n', "utf-8")
    mine, sdxl = load_presets(own)["mine"], load_presets()["sdxl"]
    assert (mine.repo, mine.steps, mine.scheduler) == ("me/mine", 12, sdxl.scheduler)
    assert mine.parts == sdxl.parts
    assert mine.manner(Style.WILD).guidance == 9.0
    assert mine.manner(Style.WILD).negative == sdxl.manner(Style.WILD).negative
    assert load_presets(own)["sd15"] == load_presets()["sd15"]


@pytest.mark.parametrize(
    ("name", "model", "reads"),
    [
        pytest.param(EngineName.DIFFUSION, "", Reads.ENGLISH, id="the default"),
        pytest.param(EngineName.DIFFUSION, "sd15-cpu?memory=fp8", Reads.ENGLISH, id="English"),
        pytest.param(EngineName.DIFFUSION, "klein", Reads.ENGLISH_AND_CHINESE, id="Chinese too"),
        pytest.param(EngineName.DIFFUSION, "org/name?like=z-image-control", Reads.ENGLISH_AND_CHINESE, id="as another"),
        pytest.param(EngineName.DIFFUSION, "/models/mine", Reads.ENGLISH_AND_CHINESE, id="unknown"),
        pytest.param(EngineName.PATCHMATCH, "klein", Reads.NOTHING, id="no model"),
    ],
)
def test_what_a_model_reads_is_known_without_it(name: EngineName, model: str, reads: Reads) -> None:
    assert read_by(name, model) is reads


def test_a_revision_belongs_to_its_repository(tmp_path: Path) -> None:
    own, pinned = tmp_path / "own.toml", load_presets()["sdxl-inpaint"]
    changes = "repo = 'me/mine'\n[mine.parts.vae]\nrepo = 'me/vae'\n[same]\nlike = 'sdxl-inpaint'\nsteps = 3"
    own.write_text(f"[mine]\nlike = 'sdxl-inpaint'\n{changes}", "utf-8")
    mine, same = load_presets(own)["mine"], load_presets(own)["same"]
    assert [(one.revision, one.stated) for one in mine.repositories[:2]] == [("main", "")] * 2
    assert [one.revision for one in same.repositories] == [one.revision for one in pinned.repositories]
    assert "main" not in {one.revision for one in pinned.repositories}
    assert pinned.of("/models/mine").revision == "main"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("[mine]\nlike = 'sdxl'\nstep = 3", "mine.step: Extra inputs", id="a typing error"),
        pytest.param("[mine]\nlike = 'sdxl'\nsteps = 0", "mine.steps: Input should be greater", id="out of range"),
        pytest.param("[mine]\nlike = 'sdlx'", "is like 'sdlx', which is not a preset", id="unknown model"),
        pytest.param("[mine]\nlike = 'mine'", "is like itself", id="a circle"),
        pytest.param("[mine", "is not TOML", id="not TOML"),
        pytest.param(None, "there is no presets file", id="no file"),
    ],
)
def test_a_mistake_in_an_own_file_is_named(tmp_path: Path, text: str | None, reason: str) -> None:
    own = tmp_path / "own.toml"
    if text is not None:
        own.write_text(text, "utf-8")
    with pytest.raises(EngineUnavailable, match=reason):
        load_presets(own)


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        pytest.param("", ModelChoice(), id="nothing"),
        pytest.param("sd15", ModelChoice(model="sd15"), id="preset"),
        pytest.param("?memory=fp8", ModelChoice(memory=Mode.FP8), id="options alone"),
        pytest.param(
            "a/b?batch=2&compile=inductor", ModelChoice(model="a/b", batch=2, compile="inductor"), id="options"
        ),
        pytest.param(
            "/m?presets=/p.toml&like=x", ModelChoice(model="/m", presets=Path("/p.toml"), like="x"), id="paths"
        ),
    ],
)
def test_choices(text: str, choice: ModelChoice) -> None:
    assert parse_choice(text) == choice


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("sdxl?memory=fast", "option memory: Input should be 'resident'", id="no such mode"),
        pytest.param("sdxl?bach=2", "option bach: Extra inputs", id="no such option"),
        pytest.param("sdxl?batch=0", "option batch: Input should be greater", id="batch 0"),
        pytest.param("sdxl?fp8", r"options are written \?memory=fp8&batch=2", id="no value"),
    ],
)
def test_choices_that_are_wrong_say_so(text: str, reason: str) -> None:
    with pytest.raises(EngineUnavailable, match=reason):
        parse_choice(text)


def folder_with(path: Path, pipeline: str) -> str:
    path.mkdir()
    (path / "model_index.json").write_text(json.dumps({"_class_name": pipeline, "unet": ["diffusers", "Any"]}), "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("pipeline", "like"),
    [
        ("StableDiffusionInpaintPipeline", "sd15"),
        ("StableDiffusionXLPipeline", "sdxl"),
        ("StableDiffusionXLInpaintPipeline", "sdxl-inpaint"),
        ("Flux2KleinPipeline", "klein"),
        ("FluxFillPipeline", "flux-fill"),
        ("ZImagePipeline", "z-image-control"),
        ("QwenImagePipeline", "qwen-fill"),
        ("QwenImageEditPlusPipeline", "qwen-edit"),
    ],
)
def test_a_folder_is_asked_as_the_preset_of_its_class(tmp_path: Path, pipeline: str, like: str) -> None:
    folder = folder_with(tmp_path / "model", pipeline)
    name, preset = resolve(ModelChoice(model=folder))
    assert name == preset.repo == folder
    assert (preset.pipeline, preset.steps) == (load_presets()[like].pipeline, load_presets()[like].steps)


def test_a_folder_may_be_asked_as_another_preset(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "model", "StableDiffusionXLPipeline")
    assert resolve(ModelChoice(model=folder, like="sdxl-quality"))[1].steps == 25


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        pytest.param(
            "nonsense",
            "nonsense, which KUOTU_MODEL or KUOTU_ENGINE names, is no preset .*, no folder, and no hub id",
            id="nonsense",
        ),
        pytest.param("org/name", r"org/name is not .*; run: kuotu pull 'org/name\?like=sdxl'", id="hub id"),
        pytest.param("sdxl", r"RealVisXL_V5.0_Lightning is not on this machine; run: kuotu pull sdxl", id="preset"),
    ],
)
def test_a_model_that_is_not_here_names_the_remedy(tmp_path: Path, model: str, reason: str) -> None:
    with pytest.raises(EngineUnavailable, match=reason):
        find(ModelChoice(model=model, cache=tmp_path))


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "model", "AudioLDM2Pipeline")
    with pytest.raises(EngineUnavailable, match=r"is a AudioLDM2Pipeline; Kuotu outpaints with .*FluxFillPipeline"):
        find(ModelChoice(model=folder))
