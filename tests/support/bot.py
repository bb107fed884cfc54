"""A running Kuotu for tests of conversations, which starts in half the time of the whole program.

Its database has its tables already, and its engine looks neither for subjects nor, unless `safety` names what looks,
for what is explicit. `running` itself starts what people start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.bootstrap import Kuotu, running
from inference.worker.checks import NO_CLASSIFIER
from tests.support.blind import BLIND
from tests.support.databases import new_sqlite
from tests.support.settings import settings_in


@asynccontextmanager
async def kuotu_in(
    folder: Path, *, work: bool = True, films: bool = True, opener: str = BLIND, **knobs: Any
) -> AsyncIterator[Kuotu]:
    """Run Kuotu in a data folder, new or used before, which paints if it has `work` and may make `films`."""
    if not (folder / "kuotu.db").exists():
        new_sqlite(folder)
    settings = settings_in(folder, **({"safety": NO_CLASSIFIER} | knobs))
    async with running(settings, work=work, films=films, opener=opener) as kuotu:
        yield kuotu
