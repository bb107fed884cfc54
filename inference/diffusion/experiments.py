"""Experimental changes to presets, which `experiments.toml` lists."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from inference.diffusion.presets import Preset, merged
from inference.hub.repository import Fact

SHIPPED: Final = Path(__file__).with_name("experiments.toml")


class Experiment(Fact):
    """A change to the presets of one pipeline class."""

    pipeline: str = Field(alias="class")
    why: str
    change: Mapping[str, Any]

    def applied(self, preset: Preset) -> Preset:
        """Return the preset with the change. Its weights are unchanged, so that a loaded pipeline can run it."""
        return Preset.model_validate(merged(preset.model_dump(by_alias=True), dict(self.change)))


@cache
def experiments() -> Mapping[str, Experiment]:
    """Return the experiments by name."""
    tables = tomllib.loads(SHIPPED.read_text("utf-8"))
    return {name: Experiment.model_validate(table) for name, table in tables.items()}


def experiments_for(preset: Preset) -> Mapping[str, Experiment]:
    """Return the experiments for the preset's pipeline class that change it."""
    fitting = {name: one for name, one in experiments().items() if one.pipeline == preset.pipeline}
    return {name: one for name, one in fitting.items() if one.applied(preset) != preset}
