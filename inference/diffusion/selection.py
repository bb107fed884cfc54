"""Selects the files of a repository to download: those that are loaded, without copies in other formats."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from inference.diffusion.presets import Lora, Part, Preset
from inference.hub.repository import INDEX, Repository

DESCRIPTIONS = (".json", ".txt", ".model", ".jinja", ".md")
WEIGHTS = "model.safetensors"  # transformers' name of a single weight file; the next line matches the names of several
SHARDS = r"model-\d+-of-\d+\.safetensors"
LOADED = r"(diffusion_pytorch_)?model(?P<variant>\.\w+)?(-\d+-of-\d+)?(\.\w+)?\.safetensors"
"""Names of weight files that diffusers and transformers load from a component's folder; all others are copies."""


def wanted(names: Iterable[str], repository: Repository, preset: Preset) -> list[str]:
    """Return the files to load: descriptions, and each folder's safetensors of the variant, or else the plain ones.

    Only the folders of a pipeline's components are searched, because single-file checkpoints beside them are copies.
    """
    names = sorted(names)
    whole = INDEX in names
    found = [name for name in names if name.endswith(DESCRIPTIONS)]
    weights = [name for name in names if name.endswith(".safetensors") and not (whole and "/" not in name)]
    if isinstance(repository, Lora) or (isinstance(repository, Part) and repository.weights):
        return found + [name for name in weights if repository.weights in ("", name)]
    for folder in sorted({PurePosixPath(name).parent for name in weights}):
        if folder.name in preset.skip or (whole and folder.name in preset.parts):
            continue
        here = [(name, re.fullmatch(LOADED, PurePosixPath(name).name)) for name in weights]
        here = [(name, match) for name, match in here if match and PurePosixPath(name).parent == folder]
        variant = [name for name, _ in here if repository.variant and f".{repository.variant}" in name]
        found += variant or [name for name, _ in here if PurePosixPath(name).name.count(".") == 1]
    return found


def at_the_top(names: Iterable[str], _repository: Repository) -> list[str]:
    """Return the top folder's files that transformers loads, without other formats, copies and training states."""
    here = sorted(name for name in names if "/" not in name)
    return [name for name in here if name.endswith(DESCRIPTIONS) or re.fullmatch(SHARDS, name) or name == WEIGHTS]
