"""No call to the Bot API takes for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from telegram.error import TimedOut

from bot.chat.app import build_application
from bot.chat.telegram.outcome import Fate, fate_of
from bot.chat.telegram.transport import Transport
from bot.hosting import free_port
from tests.support.wall import TOKEN, wall_in


async def _drip(request: web.Request) -> web.StreamResponse:
    """Answer byte by byte without end."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.01)


async def test_an_answer_that_comes_byte_by_byte_is_given_up() -> None:
    app, port = web.Application(), free_port("127.0.0.1")
    app.router.add_route("*", "/", _drip)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    transport = Transport(whole=0.3)
    await transport.initialize()
    try:
        with pytest.raises(TimedOut) as late:
            await transport.retrieve(f"http://127.0.0.1:{port}/")
        assert fate_of(late.value) is Fate.UNKNOWN
    finally:
        await transport.shutdown()
        await runner.cleanup()


async def test_the_bot_makes_its_calls_so(tmp_path: Path) -> None:
    async with wall_in(tmp_path) as wall:
        application = build_application(wall.services, token=TOKEN, api="http://127.0.0.1:9")
        assert isinstance(application.bot.request, Transport)
