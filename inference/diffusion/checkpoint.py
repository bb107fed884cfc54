"""Finds a model's files on this machine: in a folder, or in the hub's cache where `kuotu pull` puts them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inference.diffusion.model_spec import ModelChoice
from inference.diffusion.presets import Preset, load_presets
from inference.engine import EngineUnavailable
from inference.hub.repository import INDEX, Repository, folder_of


@dataclass(frozen=True)
class Checkpoint:
    """A preset, and the folders that hold its files."""

    name: str  # name of the preset, or the chosen hub id or folder
    preset: Preset
    folder: Path  # folder of the pipeline
    parts: Mapping[str, Path]  # folders of separately loaded components, by component name
    lora: Path | None
    captioner: Path | None = None  # None when the preset asks for none, or when it is not on this machine

    @property
    def revision(self) -> str:
        """The downloaded commits, or the name of a local folder, joined by «+»."""
        folders = [self.folder, *self.parts.values(), self.lora, self.captioner]
        return "+".join(folder.name[:12] for folder in folders if folder)


def resolve(choice: ModelChoice) -> tuple[str, Preset]:
    """Return the name and preset of a choice; for a hub id or a folder, the preset of its pipeline class.

    Raises EngineUnavailable with the remedy.
    """
    presets = load_presets(choice.presets)
    if choice.model in presets:
        return choice.model, presets[choice.model]
    if choice.like and choice.like not in presets:
        raise EngineUnavailable(f"like={choice.like} is not a preset; there are {', '.join(presets)}")
    own = Repository(repo=choice.model)
    folder = folder_of(own, choice.cache)
    if folder is None and "/" not in choice.model:
        raise EngineUnavailable(
            f"{choice.model}, which KUOTU_MODEL or KUOTU_ENGINE names, is no preset ({', '.join(presets)}), no folder, "
            "and no hub id like org/name"
        )
    if folder is None and not choice.like:
        raise EngineUnavailable(f"{choice.model} is not on this machine; run: kuotu pull '{choice.model}?like=sdxl'")
    preset = presets[choice.like] if choice.like else _opening(folder, presets, choice.model)
    return choice.model, preset.of(choice.model)


def find(choice: ModelChoice) -> Checkpoint:
    """Find all files of a choice on this machine. Raises EngineUnavailable with the command that downloads them."""
    name, preset = resolve(choice)

    def here(repository: Repository) -> Path:
        folder = folder_of(repository, choice.cache)
        if folder is None:
            raise EngineUnavailable(f"{repository.repo} is not on this machine; run: kuotu pull {name}")
        return folder

    folder = here(preset)
    if not (folder / INDEX).is_file():
        raise EngineUnavailable(f"{folder} has no {INDEX}; it must be a diffusers folder, not a single file")
    whole = components(folder)
    parts = {part: here(repository) for part, repository in preset.parts.items() if part not in whole or part == "vae"}
    if Path(preset.repo).is_dir() and all(part in whole for part in preset.parts):
        parts = {}
    captioner = folder_of(preset.captioner, choice.cache) if preset.captions else None
    return Checkpoint(name, preset, folder, parts, here(preset.lora) if preset.lora else None, captioner)


def components(folder: Path) -> dict[str, tuple[str | None, str | None]]:
    """Return the library and class of each component in the pipeline's index. Absent components are left out."""
    index = json.loads((folder / INDEX).read_text("utf-8"))
    return {name: tuple(value) for name, value in index.items() if isinstance(value, list) and value[0]}


def _opening(folder: Path | None, presets: Mapping[str, Preset], model: str) -> Preset:
    assert folder
    if not (folder / INDEX).is_file():
        raise EngineUnavailable(f"{folder} has no {INDEX}; it must be a diffusers folder, not a single file")
    pipeline = json.loads((folder / INDEX).read_text("utf-8"))["_class_name"]
    for preset in presets.values():
        if pipeline == preset.pipeline or pipeline in preset.serves:
            return preset
    served = sorted({preset.pipeline for preset in presets.values()})
    raise EngineUnavailable(f"{model} is a {pipeline}; Kuotu outpaints with {', '.join(served)}")
