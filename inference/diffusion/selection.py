"""Which of a repository's files are downloaded: what is loaded, and not the copies beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from inference.diffusion.presets import Lora, Preset
from inference.hub.repository import INDEX, Repository

DESCRIPTIONS = (".json", ".txt", ".model", ".jinja", ".md")
WEIGHTS = "model.safetensors"  # as transformers names them in one file; and in several:
SHARDS = r"model-\d+-of-\d+\.safetensors"
LOADED = r"(diffusion_pytorch_)?model(?P<variant>\.\w+)?(-\d+-of-\d+)?(\.\w+)?\.safetensors"
"""Names of weights that diffusers and transformers look for in a component's folder; all others are copies."""


def wanted(names: Iterable[str], repository: Repository, preset: Preset) -> list[str]:
    """The files that are loaded: descriptions, and each folder's safetensors of the variant, or else the plain ones.

    Of a pipeline only its components' folders count: single-file checkpoints beside them are copies.
    """
    names = sorted(names)
    whole = INDEX in names
    found = [name for name in names if name.endswith(DESCRIPTIONS)]
    weights = [name for name in names if name.endswith(".safetensors") and not (whole and "/" not in name)]
    if isinstance(repository, Lora):
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
    """What transformers loads of a folder: other formats, copies and training states lie beside or in folders."""
    here = sorted(name for name in names if "/" not in name)
    return [name for name in here if name.endswith(DESCRIPTIONS) or re.fullmatch(SHARDS, name) or name == WEIGHTS]
