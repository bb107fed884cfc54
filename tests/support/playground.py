"""A playground on a free port, bots of two libraries that use it, and a clock that only moves when told to."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import aiogram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import ClientSession, FormData, web
from PIL import Image
from telegram import Bot

from bot.playground import Person, Playground


@dataclass
class Clock:
    """Unix seconds that stand still until somebody moves them."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Site:
    """A running playground: its address, and how to get at it."""

    url: str
    playground: Playground
    clock: Clock
    exits: AsyncExitStack = field(repr=False)

    async def bot(self) -> Bot:
        """python-telegram-bot's typed client."""
        token = self.playground.token
        return await self.exits.enter_async_context(
            Bot(token, base_url=f"{self.url}/bot", base_file_url=f"{self.url}/file/bot")
        )

    async def aiogram(self) -> aiogram.Bot:
        """aiogram's typed client."""
        session = AiohttpSession(api=TelegramAPIServer.from_base(self.url))
        return await self.exits.enter_async_context(aiogram.Bot(self.playground.token, session=session).context())

    async def person(self, user: int = 1, chat: int | None = None, **about: Any) -> Person:
        """Somebody who uses the page's own requests."""
        return await self.exits.enter_async_context(Person(self.url, user, chat, **about))

    async def call(self, method: str, token: str = "", files: dict[str, bytes] | None = None, **parameters: Any) -> Any:
        """A bare Bot API call; the whole answer, refusals included."""
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
    """A playground in this process, on a free port of the loopback."""
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


@dataclass
class Process:
    """A playground in a process of its own, to be killed."""

    url: str
    token: str
    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()


async def start_process(folder: Path, port: int = 0) -> Process:
    """Start a playground as a program and wait until it says where it is."""
    command = (sys.executable, "-m", "bot.playground", str(folder), str(port))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    url, _, token = (await process.stdout.readline()).decode().split()
    return Process(url.rstrip("/"), token, process)


def picture(width: int = 640, height: int = 480, kind: str = "PNG", **how: Any) -> bytes:
    """An image file with a gradient in it."""
    image = Image.linear_gradient("L").resize((width, height)).convert(how.pop("mode", "RGB"))
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()
