"""A model's files that are to be downloaded, and how much of them is on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference.hub.repository import Repository, free_space

GB: Final = 1e9


@dataclass(frozen=True)
class File:
    """One file of a repository at a commit."""

    repository: Repository
    commit: str
    name: str
    size: int  # bytes
    blob: Path  # where the content is stored

    @property
    def part(self) -> Path:
        """The file of an incomplete download."""
        return self.blob.with_name(self.blob.name + ".part")

    @property
    def missing(self) -> int:
        """The number of bytes still to download."""
        if self.blob.exists():
            return 0
        return self.size - (self.part.stat().st_size if self.part.exists() else 0)


@dataclass(frozen=True)
class Download:
    """The files that a model needs, and how much of them is on this machine."""

    name: str
    title: str
    terms: str  # the licence, and what it permits
    files: tuple[File, ...]
    cache: Path

    def lines(self) -> list[str]:
        """Return the description, licence and cost, to be shown before the download starts."""
        total, missing = sum(file.size for file in self.files), sum(file.missing for file in self.files)
        free = free_space(self.cache)
        return [
            f"{self.name}: {self.title}",
            f"licence: {self.terms}",
            f"disk: {total / GB:.1f} GB in {self.cache}, of which {missing / GB:.1f} GB are to be downloaded; "
            f"{free / GB:.1f} GB are free",
        ]
