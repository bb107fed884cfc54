"""A running Kuotu with the diffusion engine, which several modules share because torch takes long to import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.bootstrap import Kuotu
from inference.engine import EngineName
from tests.support.bot import kuotu_in

OPENER = "tests.support.tiny_engines:open_engine"
SLOW = '[tiny-slow]\nlike = "tiny-sd15"\nsteps = 900\n'


@pytest.fixture(scope="package")
def presets(tiny_presets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weighty") / "presets.toml"
    path.write_text(tiny_presets.read_text("utf-8") + SLOW, "utf-8")
    return path


@pytest.fixture(scope="package")
async def weighty(presets: Path) -> AsyncIterator[Kuotu]:
    """A running Kuotu whose captions name presets. Its tiny classifier is unsure about every picture."""
    from tests.support.tiny import save_classifier  # imports torch

    folder = presets.parent
    classifier = save_classifier(folder / "classifier", "normal", "nsfw")
    knobs = {"engine": EngineName.DIFFUSION, "model": str(presets), "gate": False}  # untrained models paint noise
    knobs["watermark"] = False  # so that pixels can be compared with those of an engine alone
    unsure = {"safety": str(classifier), "safety_unsure": 0.0, "safety_unsafe": 1.01}
    async with kuotu_in(folder / "data", films=False, opener=OPENER, **knobs, **unsure) as kuotu:
        yield kuotu
