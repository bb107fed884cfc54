"""Settings for tests that run the whole program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.settings import Settings
from inference.engine import EngineName


def settings_in(folder: Path, **knobs: Any) -> Settings:
    """Return settings with the given data folder, a free port, the PatchMatch engine and one worker, then `knobs`.

    A first Expand makes one picture, because most tests want just one.
    """
    chosen = {"engine": EngineName.PATCHMATCH, "port": 0, "workers": 1, "quota": 10_000, "first_sheet": False}
    return Settings(data_dir=folder, **(chosen | knobs))
