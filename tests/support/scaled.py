"""Programs in processes of their own that share a database, and the proxy before those of them that chat."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import ClientError, ClientSession, web
from aiohttp.typedefs import Handler

from bot.hosting import free_port
from bot.playground.playground import DEFAULT_TOKEN
from bot.web.app import SECRET_HEADER, WEBHOOK_PATH
from tests.support.forked import Forked, fork
from tests.support.limits import HANG

Start = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def kuotu(folder: Path, *arguments: str, **knobs: str) -> AsyncIterator[Process]:
    """The program that people start, in its own process and data folder; it is killed at the end."""
    async with _alive(
        partial(create_subprocess_exec, sys.executable, "-m", "bot", stdout=PIPE), folder, *arguments, **knobs
    ) as process:
        yield process


@asynccontextmanager
async def _alive(start: Start, folder: Path, *arguments: str, **knobs: str) -> AsyncIterator[Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KUOTU_")}
    chosen = {"DATA_DIR": str(folder), "WORKERS": "1", "ENGINE": "patchmatch", "PORT": "0"} | knobs
    environment |= {f"KUOTU_{name}": value for name, value in chosen.items()}
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    process = await start(*arguments, cwd=folder, env=environment)  # a folder without the checkout's `.env`
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said(process: Process | Forked, words: str) -> None:
    """Wait until a program has said something."""
    assert process.stdout is not None
    async with asyncio.timeout(HANG):
        while words not in (line := (await process.stdout.readline()).decode()):
            assert line, "the program ended"


def carried(url: str) -> dict[str, str]:
    """Return the settings of programs that share a database in which Procrastinate carries the jobs."""
    return {"DATABASE_URL": url, "QUEUE_URL": url.replace("+psycopg", "")}


@dataclass
class Proxy:
    """Gives each update to one of the programs behind it, as a load balancer does.

    With the probability `again` it forgets the answer and gives the update to another one, too, as Telegram does after
    a connection has broken.
    """

    dice: Random
    again: float = 0.0
    address: str = ""
    programs: list[str] = field(default_factory=list)  # their addresses

    async def pass_on(self, request: web.Request) -> web.Response:
        """Give an update to a program that answers. The answer is 502 if none does."""
        body = await request.read()
        for address in self.dice.sample(self.programs, len(self.programs)):
            try:
                async with (
                    ClientSession(headers={SECRET_HEADER: request.headers.get(SECRET_HEADER, "")}) as session,
                    session.post(f"{address}{WEBHOOK_PATH}", data=body) as answer,
                ):
                    if answer.status != 200 or self.dice.random() >= self.again:
                        return web.Response(status=answer.status)
            except (ClientError, OSError):
                continue
        return web.Response(status=502)


@web.middleware
async def let_pass(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Disturb nothing."""
    return await handler(request)


@asynccontextmanager
async def proxy(dice: Random, again: float = 0.0) -> AsyncIterator[Proxy]:
    """A proxy without programs yet."""
    between, app = Proxy(dice, again), web.Application(client_max_size=2**26)
    app.router.add_post(WEBHOOK_PATH, between.pass_on)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    between.address = site.name
    try:
        yield between
    finally:
        await runner.cleanup()


@dataclass(frozen=True)
class Site:
    """The settings of programs that serve one bot behind a proxy: they share a database, a folder and a playground."""

    folder: Path
    database: str
    telegram: str
    proxy: Proxy

    @asynccontextmanager
    async def chat(self) -> AsyncIterator[Forked]:
        """A program that chats and does not paint; the proxy knows it until it ends."""
        port = free_port("127.0.0.1")
        telegram = {"TELEGRAM_TOKEN": DEFAULT_TOKEN, "TELEGRAM_API": self.telegram, "TELEGRAM_RATE": "1000"}
        behind = {"WEBHOOK_URL": self.proxy.address, "PORT": str(port), "QUOTA": "1000", "FIRST_SHEET": "false"}
        address, knobs = f"http://127.0.0.1:{port}", self._shared() | telegram | behind
        async with _alive(fork, self.folder / f"chat-{port}", "run", "--no-worker", **knobs) as process:
            await said(process, "is ready")
            self.proxy.programs.append(address)
            try:
                yield process
            finally:
                self.proxy.programs.remove(address)

    @asynccontextmanager
    async def worker(self, name: str, **knobs: str) -> AsyncIterator[Forked]:
        """A program that paints."""
        async with _alive(fork, self.folder / name, "worker", **self._shared() | knobs) as process:
            await said(process, "is ready")
            yield process

    async def start_chats(self, number: int, stack: AsyncExitStack) -> list[Forked]:
        """Start several programs that chat."""
        return list(await asyncio.gather(*(stack.enter_async_context(self.chat()) for _ in range(number))))

    def _shared(self) -> dict[str, str]:
        return carried(self.database) | {"BLOBS_URL": (self.folder / "blobs").as_uri()}
