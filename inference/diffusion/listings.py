"""The expected contents of the presets' repositories, and their differences from what the hub reports."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from inference.hub.repository import Fact

SHIPPED: Final = Path(__file__).with_name("listings.toml")
WEIGHTS: Final = ".safetensors"


class Listing(Fact):
    """The weight files of a repository. The top of `listings.toml` explains the fields."""

    source: str
    loaded: tuple[str, ...]
    beside: tuple[str, ...] = ()
    config: Mapping[str, Any] = {}

    @property
    def files(self) -> tuple[str, ...]:
        """Return all weight files, whether they are loaded or not."""
        return self.loaded + self.beside


@cache
def listings() -> Mapping[str, Listing]:
    """Return the listings by repository."""
    tables = tomllib.loads(SHIPPED.read_text("utf-8"))
    return {repo: Listing.model_validate(table) for repo, table in tables.items()}


def differences(listing: Listing, chosen: Collection[str], config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line for each difference between a listing and the hub.

    `chosen` are the files that would be downloaded, `config` is what the repository's `config.json` says.
    """
    weights = {name for name in chosen if name.endswith(WEIGHTS)}
    for name in sorted(set(listing.loaded) - weights):
        yield f"{name} was expected and is not downloaded"
    for name in sorted(weights - set(listing.loaded)):
        yield f"{name} is downloaded and was not expected"
    for key, value in listing.config.items():
        if config.get(key) != value:
            yield f"config.json says {key} = {config.get(key)}, and {value} was expected"
