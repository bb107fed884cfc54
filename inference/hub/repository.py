"""Repositories of the model hub: what they are, where their files lie in the cache, and how much room is left."""

from __future__ import annotations

import shutil
from pathlib import Path

from pydantic import BaseModel, ConfigDict

INDEX = "model_index.json"


def folder_of(repository: Repository, cache: Path | None = None) -> Path | None:
    """Its folder here, None when it was not downloaded. Imports no torch."""
    if (local := Path(repository.repo).expanduser()).is_dir():
        return local.resolve()
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for name in (INDEX, "config.json", "README.md"):
        try:
            found = try_to_load_from_cache(repository.repo, name, cache_dir=cache, revision=repository.revision)
        except HFValidationError:
            return None
        if isinstance(found, str):
            return Path(found).parent
    return None


def cache_of(chosen: Path | None) -> Path:
    """Where downloads are kept."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return chosen or Path(HF_HUB_CACHE)


def free_space(folder: Path) -> int:
    """Bytes on the disk that a folder is on, or would be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


class Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Repository(Fact):
    """A folder of weights: `org/name` on the hub, or a path."""

    repo: str
    revision: str = "main"
    variant: str = ""  # the infix of weight files, where the repository has them: «fp16»
