"""The expected file lists of the presets' repositories, and that only files that are loaded are downloaded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
import safetensors.numpy

from inference.diffusion.listings import Listing, differences, listings
from inference.diffusion.model_spec import ModelChoice
from inference.diffusion.presets import Lora, load_presets
from inference.diffusion.pull import Hub as Puller
from inference.diffusion.selection import wanted
from inference.hub.repository import INDEX, MAIN, Repository
from tests.support.hub import COMMIT, Hub

PAIRS = [(name, repository) for name, preset in load_presets().items() for repository in preset.repositories]


@pytest.mark.parametrize(("name", "repository"), PAIRS, ids=[f"{name}-{one.repo}" for name, one in PAIRS])
def test_of_every_repository_exactly_what_is_loaded_would_be_downloaded(name: str, repository: Repository) -> None:
    preset, listing = load_presets()[name], listings()[repository.repo]
    whole = [INDEX] if repository is preset else ["config.json"]
    chosen = [name for name in wanted([*whole, *listing.files], repository, preset) if name.endswith(".safetensors")]
    assert sorted(chosen) == sorted(listing.loaded)
    if isinstance(repository, Lora):
        assert len(chosen) == 1
    else:
        assert set(Counter(map(folder_of, chosen)).values()) == {1} or all("-of-" in name for name in shards(chosen))


def folder_of(name: str) -> str:
    return str(PurePosixPath(name).parent)


def shards(names: list[str]) -> Iterator[str]:
    """Yield the files that share their folder with other files of the list."""
    several = [folder for folder, count in Counter(map(folder_of, names)).items() if count > 1]
    return (name for name in names if folder_of(name) in several)


def test_every_listing_belongs_to_a_preset_and_names_its_source() -> None:
    assert {repository.repo for _, repository in PAIRS} == set(listings())
    assert all(listing.source for listing in listings().values())


def test_differences_are_told_by_name() -> None:
    listing = Listing(source="a test", loaded=("a.safetensors", "b.safetensors"), config={"num_control_type": 8})
    found = list(differences(listing, ["b.safetensors", "c.safetensors", "config.json"], {"num_control_type": 6}))
    assert found == [
        "a.safetensors was expected and is not downloaded",
        "c.safetensors is downloaded and was not expected",
        "config.json says num_control_type = 6, and 8 was expected",
    ]
    assert list(differences(listing, listing.loaded, {"num_control_type": 8})) == []


def test_a_check_compares_with_the_hub_and_downloads_no_weights(tmp_path: Path) -> None:
    """The test hub has a renamed LoRA file and a ControlNet that is not ProMax, and is otherwise as expected."""
    for repository in load_presets()["sdxl"].repositories:
        folder = tmp_path / "hub" / repository.repo
        for name in listings()[repository.repo].files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(safetensors.numpy.save({}))
        (folder / INDEX if repository is load_presets()["sdxl"] else folder / "config.json").write_text("{}", "utf-8")
    controlnet = tmp_path / "hub" / "OzzyGT/controlnet-union-promax-sdxl-1.0"
    (controlnet / "config.json").write_text('{"num_control_type": 6}', "utf-8")
    vae = tmp_path / "hub" / "madebyollin/sdxl-vae-fp16-fix"
    (vae / "diffusion_pytorch_model.safetensors").rename(vae / "model.safetensors")
    pinned, captioner = load_presets()["sdxl"].parts["vae"].revision, load_presets()["sdxl"].captioner
    with Hub(tmp_path / "hub").serving() as hub:
        hub.older |= {pinned, captioner.revision}
        lines = Puller(endpoint=hub.address).check(ModelChoice(model="sdxl"))
        hub.older.remove(pinned)
        without = Puller(endpoint=hub.address).check(ModelChoice(model="sdxl"))
    assert hub.fetched() <= {"config.json"}
    beginning = [
        f"SG161222/RealVisXL_V5.0_Lightning is at {COMMIT}, and the preset names no commit",
        "  as expected",
        f"OzzyGT/controlnet-union-promax-sdxl-1.0 is at {COMMIT}, and the preset names no commit",
        "  config.json says num_control_type = 6, and 8 was expected",
        f"madebyollin/sdxl-vae-fp16-fix is at {COMMIT}, and the preset names {pinned}",
    ]
    end = [f"{captioner.repo} is at {COMMIT}, and the preset names {captioner.revision}", "  as expected"]
    assert lines == [
        *beginning,
        "  diffusion_pytorch_model.safetensors was expected and is not downloaded",
        "  model.safetensors is downloaded and was not expected",
        *end,
    ]
    assert without == [
        *beginning,
        "  the hub has madebyollin/sdxl-vae-fp16-fix, and not the revision that is asked for; in a preset of your own, "
        'revision = "main" takes the newest one',
        *end,
    ]


@pytest.mark.parametrize("repository", {one.repo: one for _, one in PAIRS}.values(), ids=lambda one: one.repo)
def test_a_revision_is_a_commit_with_its_source_or_the_newest_one(repository: Repository) -> None:
    assert bool(re.fullmatch("[0-9a-f]{40}", repository.revision)) == bool(repository.stated)
    assert repository.stated or repository.revision == MAIN
