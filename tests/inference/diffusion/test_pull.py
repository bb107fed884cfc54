"""Models are downloaded from a local hub."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inference.diffusion.checkpoint import find
from inference.diffusion.engine import Diffusion
from inference.diffusion.model_spec import ModelChoice
from inference.diffusion.presets import load_presets
from inference.diffusion.pull import Hub as Puller
from inference.diffusion.selection import wanted
from inference.engine import EngineUnavailable, ignore
from inference.registry import open_classifier, open_guess
from inference.safety.transformers_classifier import Classification
from inference.surprise.clip import ClipChoice
from tests.support.hub import COMMIT, Hub
from tests.support.tiny import request_for, save_classifier, save_clip

OWN = """
[mine]
like = "sd15"
repo = "some/inpainting"
budget = 16384
multiple = 32
steps = 2
captions = false
[locked]
like = "mine"
gated = true
"""


@pytest.fixture
def hub(tiny_presets: Path, tmp_path: Path) -> Iterator[Hub]:
    repo = tmp_path / "hub" / "some" / "inpainting"
    shutil.copytree(tiny_presets.parent / "sd15", repo)
    unet = repo / "unet" / "diffusion_pytorch_model.safetensors"
    shutil.copy(unet, unet.with_suffix(".bin"))
    shutil.copy(unet, repo / "sd-v1-5-inpainting.safetensors")
    shutil.copy(unet, unet.with_name("diffusion_pytorch_model.non_ema.safetensors"))
    with Hub(tmp_path / "hub").serving() as hub:
        yield hub


@pytest.fixture
def choice(tmp_path: Path) -> ModelChoice:
    (tmp_path / "own.toml").write_text(OWN, "utf-8")
    return ModelChoice(model="mine", presets=tmp_path / "own.toml", cache=tmp_path / "cache")


def test_what_was_pulled_is_loaded_and_paints(hub: Hub, choice: ModelChoice) -> None:
    puller = Puller(endpoint=hub.address)
    download = puller.plan(choice)
    assert hub.fetched() == set()
    puller.pull(download)
    assert hub.fetched().isdisjoint({"sd-v1-5-inpainting.safetensors", "diffusion_pytorch_model.bin"})
    assert not [name for name in hub.fetched() if "non_ema" in name]
    engine = Diffusion.open(choice)
    assert engine.checkpoint.revision == COMMIT[:12]
    request = request_for("coffee", 120)
    result = engine.expand(request, ignore).pixels
    left, top, right, bottom = request.margins.box(request.extent)
    assert np.array_equal(result[top:bottom, left:right], request.photo)


def test_a_presets_commit_is_pulled_and_found_though_main_is_newer(hub: Hub, choice: ModelChoice) -> None:
    assert choice.presets
    older = "0dd" * 13 + "0"
    hub.older.add(older)
    choice.presets.write_text(
        OWN.replace('repo = "some/inpainting"', f'repo = "some/inpainting"\nrevision = "{older}"')
    )
    puller = Puller(endpoint=hub.address)
    puller.pull(puller.plan(choice))
    assert find(choice).folder.name == older
    assert all(older in path for method, path, _ in hub.asked if method == "GET" and "/resolve/" in path)
    hub.older.clear()
    with pytest.raises(EngineUnavailable, match="not the revision that is asked for"):
        puller.plan(choice)


def test_the_cost_is_said_before_and_nothing_is_downloaded_twice(hub: Hub, choice: ModelChoice) -> None:
    puller = Puller(endpoint=hub.address)
    before = puller.plan(choice)
    size = sum(file.size for file in before.files)
    assert sum(file.missing for file in before.files) == size
    assert "creativeml-openrail-m; commercial use" in before.lines()[1]
    assert f"disk: {size / 1e9:.1f} GB in {choice.cache}" in before.lines()[2]
    puller.pull(before)
    hub.asked.clear()
    after = puller.plan(choice)
    assert sum(file.missing for file in after.files) == 0
    puller.pull(after)
    assert hub.fetched() == set()


def test_an_interrupted_download_goes_on_where_it_stopped(hub: Hub, choice: ModelChoice) -> None:
    puller = Puller(endpoint=hub.address)
    download = puller.plan(choice)
    weights = next(file for file in download.files if file.name.startswith("unet/") and file.size > 100_000)
    weights.blob.parent.mkdir(parents=True)
    source = hub.folder / "some" / "inpainting" / weights.name
    weights.part.write_bytes(source.read_bytes()[:60_000])
    puller.pull(download)
    asked = [span for method, path, span in hub.asked if method == "GET" and path.endswith(weights.name)]
    assert asked == ["bytes=60000-"]
    assert weights.blob.read_bytes() == source.read_bytes()


def test_a_damaged_file_is_thrown_away(hub: Hub, choice: ModelChoice) -> None:
    puller = Puller(endpoint=hub.address)
    download = puller.plan(choice)
    weights = next(file for file in download.files if file.name.startswith("unet/") and file.size > 100_000)
    weights.blob.parent.mkdir(parents=True)
    weights.part.write_bytes(bytes(60_000))
    with pytest.raises(EngineUnavailable, match="arrived damaged"):
        puller.pull(download)
    assert not weights.part.exists()
    puller.pull(download)
    assert find(choice).folder.name == COMMIT


def test_a_gated_model_wants_an_accepted_licence(hub: Hub, choice: ModelChoice) -> None:
    hub.gated.add("some/inpainting")
    locked = choice.model_copy(update={"model": "locked"})
    stranger = Puller(endpoint=hub.address)
    with pytest.raises(EngineUnavailable, match=r"accept its licence at https://\S+/some/inpainting,") as caught:
        stranger.pull(stranger.plan(locked))
    assert "\n" not in str(caught.value)
    member = Puller(hub.token, endpoint=hub.address)
    member.pull(member.plan(locked))
    assert find(locked).folder.name == COMMIT


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        pytest.param("org/unheard-of?", "is not a preset .* '.*like=sdxl'", id="without like"),
        pytest.param("org/unheard-of", "the hub knows no org/unheard-of", id="unknown"),
    ],
)
def test_what_the_hub_does_not_know(hub: Hub, choice: ModelChoice, model: str, reason: str) -> None:
    like = "" if model.endswith("?") else "sd15"
    unknown = choice.model_copy(update={"model": model.rstrip("?"), "like": like})
    with pytest.raises(EngineUnavailable, match=reason):
        Puller(endpoint=hub.address).plan(unknown)


def test_a_classifier_is_pulled_located_and_opened(hub: Hub, tmp_path: Path) -> None:
    folder = save_classifier(hub.folder / "some" / "classifier", "normal", "nsfw")
    (folder / "onnx").mkdir()
    shutil.copy(folder / "model.safetensors", folder / "onnx" / "copy.safetensors")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    name = f"some/classifier?cache={tmp_path / 'cache'}"
    puller = Puller(endpoint=hub.address)
    download = puller.plan_beside(Classification.parse(name))
    assert [line.partition(":")[0] for line in download.lines()] == ["some/classifier", "licence", "disk"]
    assert {file.name for file in download.files} == {"config.json", "preprocessor_config.json", "model.safetensors"}
    puller.pull(download)
    assert 0 < open_classifier(name).scores(request_for("coffee", 60).photo).explicit < 1


def test_a_clip_is_pulled_located_and_opened(hub: Hub, tmp_path: Path) -> None:
    folder = save_clip(hub.folder / "some" / "clip")
    shutil.copy(folder / "model.safetensors", folder / "open_clip_model.safetensors")
    name = f"some/clip?cache={tmp_path / 'cache'}"
    puller = Puller(endpoint=hub.address)
    with pytest.raises(EngineUnavailable, match="run: kuotu pull --surprise"):
        open_guess(name)
    download = puller.plan_beside(ClipChoice.parse(name))
    assert download.lines()[0] == "some/clip: sees what pictures are about, to guess how surprising a result is"
    assert {file.name for file in download.files} == {"config.json", "preprocessor_config.json", "model.safetensors"}
    puller.pull(download)
    assert open_guess(name)


def test_a_model_without_safetensors_is_refused_before_anything_is_downloaded(hub: Hub, tmp_path: Path) -> None:
    folder = save_clip(hub.folder / "some" / "clip")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EngineUnavailable, match=r"some/clip has no model.safetensors at main, and Kuotu loads no pick"):
        Puller(endpoint=hub.address).plan_beside(ClipChoice(model="some/clip", cache=tmp_path))
    assert hub.fetched() == set()


def test_a_hub_out_of_reach_is_one_sentence(choice: ModelChoice) -> None:
    with pytest.raises(EngineUnavailable, match="the connection to the hub failed"):
        Puller(endpoint="http://127.0.0.1:9").plan(choice)


def test_a_model_that_was_not_pulled_names_the_command(choice: ModelChoice) -> None:
    with pytest.raises(EngineUnavailable, match="some/inpainting is not on this machine; run: kuotu pull mine"):
        find(choice)


PIPELINE = [
    "README.md",
    "model_index.json",
    "RealVisXL.safetensors",
    "unet/config.json",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "unet/diffusion_pytorch_model.safetensors",
    "unet/diffusion_pytorch_model.bin",
    "text_encoder/model.safetensors",
    "vae/diffusion_pytorch_model.fp16.safetensors",
]
SHARDS = [
    "model_index.json",
    "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
    "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
    "transformer/diffusion_pytorch_model.safetensors.index.json",
]


@pytest.mark.parametrize(
    ("names", "preset", "weights"),
    [
        pytest.param(
            PIPELINE,
            "sdxl",
            ["text_encoder/model.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors"],
            id="the variant where there is one, no single file, no part that comes from elsewhere",
        ),
        pytest.param(SHARDS, "klein", SHARDS[1:3], id="shards"),
        pytest.param(
            ["config.json", "diffusion_pytorch_model.safetensors", "a.safetensors", "b.c.safetensors"],
            "sdxl",
            ["diffusion_pytorch_model.safetensors"],
            id="a part at the top, without copies",
        ),
    ],
)
def test_wanted(names: list[str], preset: str, weights: list[str]) -> None:
    chosen = load_presets()[preset]
    repository = chosen if "model_index.json" in names else chosen.parts["controlnet"]
    found = wanted(names, repository, chosen)
    assert [name for name in found if name.endswith(".safetensors")] == weights
    assert {name for name in names if name.endswith(".json")} <= set(found)
