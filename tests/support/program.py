"""`kuotu run` in a process of its own, which tests kill; the Bot API that it talks to outlives it.

Its database has its tables already, and its engine looks for no subjects.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bot.playground.playground import DEFAULT_TOKEN
from tests.support.databases import new_sqlite
from tests.support.forked import Forked, fork
from tests.support.limits import HANG
from tests.support.playground import playground_behind


class Program:
    """A program, its data in a folder, and a trap that kills it at a chosen call. `knobs` are settings."""

    def __init__(self, folder: Path, **knobs: str) -> None:
        self.folder = folder
        self.knobs = knobs
        self.address = ""
        self.process: Forked | None = None
        self.trap: tuple[str, int] | None = None

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        knobs = {
            "TELEGRAM_TOKEN": DEFAULT_TOKEN,
            "TELEGRAM_API": self.address,
            "DATA_DIR": str(self.folder / "data"),
            "PORT": "0",
            "WORKERS": "1",
            "ENGINE": "patchmatch",
            "QUOTA": "1000",
            "FIRST_SHEET": "false",
            **self.knobs,
        }
        environment = os.environ | {f"KUOTU_{name}": value for name, value in knobs.items()}
        self.process = await fork("run", cwd=self.folder, env=environment)  # a folder without the checkout's `.env`
        async for line in self.process.stdout:
            if b"ready" in line:
                return
        raise RuntimeError("the program ended before it was ready")

    async def killed(self) -> None:
        """Wait until it has ended."""
        assert self.process is not None
        async with asyncio.timeout(HANG):
            await self.process.wait()
        self.process = None

    async def kill(self) -> None:
        """Kill it, if it runs."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.killed()

    async def stop(self) -> None:
        """Ask it to stop, as systemd does, and wait until it has."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.killed()

    def kill_when_called(self, method: str, time: int = 1) -> None:
        """Kill the program after the Bot API has executed `method` for the n-th time, before it answers."""
        self.trap = (method.lower(), time)

    @web.middleware
    async def watch(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let calls pass, and spring the trap."""
        response = await handler(request)
        method = request.match_info.get("method", "").lower()
        if self.trap is not None and self.trap[0] == method and self.process is not None:
            self.trap = (method, self.trap[1] - 1) if self.trap[1] > 1 else None
            if self.trap is None:
                self.process.kill()
        return response


@asynccontextmanager
async def program_in(folder: Path, **knobs: str) -> AsyncIterator[Program]:
    """Start a program and the playground that it talks to; stop both at the end."""
    program = Program(folder, **knobs)
    new_sqlite(folder / "data")
    async with playground_behind(folder / "playground", program.watch) as program.address:
        try:
            await program.start()
            yield program
        finally:
            await program.kill()
