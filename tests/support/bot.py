"""A running Kuotu for tests of conversations, which starts in half the time of the whole program.

Its database has its tables already, and its engine looks for no subjects. `running` itself starts what people start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.bootstrap import Kuotu, running
from tests.support.blind import BLIND
from tests.support.databases import new_sqlite
from tests.support.settings import settings_in


@asynccontextmanager
async def kuotu_in(folder: Path, *, work: bool = True, opener: str = BLIND, **knobs: Any) -> AsyncIterator[Kuotu]:
    """Run Kuotu in a data folder, new or used before. Without `work` it has no engine and paints nothing."""
    if not (folder / "kuotu.db").exists():
        new_sqlite(folder)
    async with running(settings_in(folder, **knobs), work=work, opener=opener) as kuotu:
        yield kuotu
