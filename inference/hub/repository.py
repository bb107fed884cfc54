"""Repositories of the model hub: their description, their folder in the cache, and the free disk space."""

from __future__ import annotations

import shutil
from pathlib import Path

from pydantic import BaseModel, ConfigDict

INDEX = "model_index.json"
MAIN = "main"  # the hub's default branch


def folder_of(repository: Repository, cache: Path | None = None) -> Path | None:
    """Return a repository's folder on this machine, or None when it is not downloaded. It does not import torch."""
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
    """Return the folder that keeps downloads: the chosen one, or else the hub library's own."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return chosen or Path(HF_HUB_CACHE)


def free_space(folder: Path) -> int:
    """Return the free bytes on the disk that holds a folder, or would hold it when it does not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


class Fact(BaseModel):
    """A frozen value that rejects unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Repository(Fact):
    """A repository of weights: `org/name` on the hub, or a folder's path."""

    repo: str
    revision: str = MAIN
    stated: str = ""  # the source from which the revision is known
    variant: str = ""  # the infix of weight files, such as «fp16», where the repository has such files
