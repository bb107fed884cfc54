"""A running playground, clients of two bot libraries for it, and a clock that tests set."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession, FormData, web
from PIL import Image
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.playground import Person, Playground
from bot.playground.playground import DEFAULT_TOKEN
from tests.support.limits import HANG

if TYPE_CHECKING:
    from aiogram import Bot as AiogramBot


@dataclass
class Clock:
    """A clock in Unix seconds that only `advance` moves."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def patient() -> HTTPXRequest:
    """Return HTTP for python-telegram-bot that waits for a slow playground; its own limits are a few seconds."""
    limits = dict.fromkeys(("read_timeout", "write_timeout", "connect_timeout", "pool_timeout"), HANG)
    return HTTPXRequest(**limits, media_write_timeout=HANG)


@dataclass
class Site:
    """A running playground and clients for it."""

    url: str
    playground: Playground
    clock: Clock
    exits: AsyncExitStack = field(repr=False)

    async def bot(self) -> Bot:
        """Return a client of python-telegram-bot."""
        token = self.playground.token
        return await self.exits.enter_async_context(
            Bot(token, f"{self.url}/bot", f"{self.url}/file/bot", patient(), patient())
        )

    async def aiogram(self) -> AiogramBot:
        """Return a client of aiogram."""
        from aiogram import Bot  # takes ten seconds of CPU time to import
        from aiogram.client.session.aiohttp import AiohttpSession
        from aiogram.client.telegram import TelegramAPIServer

        session = AiohttpSession(api=TelegramAPIServer.from_base(self.url), timeout=HANG)
        return await self.exits.enter_async_context(Bot(self.playground.token, session=session).context())

    async def person(self, user: int = 1, chat: int | None = None, **about: Any) -> Person:
        """Return a person, who sends the requests that the page sends."""
        return await self.exits.enter_async_context(Person(self.url, user, chat, **about))

    async def call(self, method: str, token: str = "", files: dict[str, bytes] | None = None, **parameters: Any) -> Any:
        """Call a method of the Bot API and return the whole answer, also when it is a refusal."""
        address = f"{self.url}/bot{token or self.playground.token}/{method}"
        form = FormData(default_to_multipart=bool(files)) if files else None
        for name, data in (files or {}).items():
            form.add_field(name, BytesIO(data), filename=f"{name}.png")  # type: ignore[union-attr]
        for name, value in parameters.items() if form else ():
            form.add_field(name, str(value))  # type: ignore[union-attr]
        body = {"data": form} if form else {"json": parameters}
        async with ClientSession() as session, session.post(address, **body) as response:
            answer = await response.json()
            assert answer["ok"] or response.status == answer["error_code"]
            return answer


@asynccontextmanager
async def site(folder: Path, *, flood_control: bool = False) -> AsyncIterator[Site]:
    """Run a playground in this process, on a free port of 127.0.0.1."""
    clock = Clock()
    playground = await Playground.open(folder, flood_control=flood_control, clock=clock)
    app = web.Application()
    playground.add_routes(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with AsyncExitStack() as exits:
            yield Site(f"http://127.0.0.1:{runner.addresses[0][1]}", playground, clock, exits)
    finally:
        await runner.cleanup()
        await playground.close()


@asynccontextmanager
async def playground_behind(folder: Path, middleware: Any) -> AsyncIterator[str]:
    """Run a playground whose requests pass through a middleware of aiohttp. Yields its address."""
    playground = await Playground.open(folder, token=DEFAULT_TOKEN)
    app = web.Application(middlewares=[middleware], client_max_size=2**26)
    playground.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield site.name
    finally:
        await runner.cleanup()
        await playground.close()


@dataclass
class Process:
    """A playground in a process of its own, which tests may kill."""

    url: str
    token: str
    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()


async def start_process(folder: Path, port: int = 0) -> Process:
    """Start a playground as a program and wait until it prints its address."""
    command = (sys.executable, "-m", "bot.playground", str(folder), str(port))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    url, _, token = (await process.stdout.readline()).decode().split()
    return Process(url.rstrip("/"), token, process)


def picture(width: int = 640, height: int = 480, kind: str = "PNG", **how: Any) -> bytes:
    """Return an image file that shows a gradient."""
    image = Image.linear_gradient("L").resize((width, height)).convert(how.pop("mode", "RGB"))
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()
