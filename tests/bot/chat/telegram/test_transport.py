"""No call to the Bot API takes for ever, and what it did not write is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from telegram.error import NetworkError, TimedOut

from bot.chat.app import build_application
from bot.chat.telegram.outcome import Fate, fate_of
from bot.chat.telegram.transport import Transport
from bot.hosting import free_port
from tests.support.wall import TOKEN, wall_in


@asynccontextmanager
async def served(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Answer every request so. Yields the address."""
    app, port = web.Application(), free_port("127.0.0.1")
    app.router.add_route("*", "/", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        await runner.cleanup()


async def _drip(request: web.Request) -> web.StreamResponse:
    """Answer byte by byte without end."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.01)


async def test_an_answer_that_comes_byte_by_byte_is_given_up() -> None:
    async with served(_drip) as address, Transport(whole=0.3) as transport:
        with pytest.raises(TimedOut) as late:
            await transport.retrieve(address)
        assert fate_of(late.value) is Fate.UNKNOWN


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b"", b"\xff", b'{"ok": false}', b"<h1>It works!</h1>"])
async def test_what_the_bot_api_did_not_write_tells_nothing(body: bytes) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    async with served(answer) as address, Transport() as transport:
        with pytest.raises(NetworkError) as broken:
            await transport.post(address)
        assert fate_of(broken.value) is Fate.UNKNOWN


async def test_a_file_may_be_anything() -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"a file")

    async with served(answer) as address, Transport() as transport:
        assert await transport.retrieve(address) == b"a file"


async def test_the_bot_makes_its_calls_so(tmp_path: Path) -> None:
    async with wall_in(tmp_path) as wall:
        application = build_application(wall.services, token=TOKEN, api="http://127.0.0.1:9")
        assert isinstance(application.bot.request, Transport)
