"""No call to the Bot API takes for ever, and what it did not write is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import BodyPartReader, web
from telegram import Bot
from telegram.error import NetworkError, TimedOut

from bot.chat.app import build_application
from bot.chat.telegram.outcome import Fate, fate_of
from bot.chat.telegram.transport import Transport
from bot.hosting import free_port
from tests.support.wall import TOKEN, wall_in


@asynccontextmanager
async def served(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Answer every request so. Yields the address."""
    app, port = web.Application(client_max_size=2**26), free_port("127.0.0.1")
    app.router.add_route("*", "/{path:.*}", answer)
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


async def test_a_large_file_arrives_whole_under_its_name_in_any_script() -> None:
    arrived = {}

    async def answer(request: web.Request) -> web.StreamResponse:
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            arrived[part.name] = (part.filename, bytes(await part.read()))
        return web.json_response(
            {"ok": True, "result": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}}}
        )

    name, data = '《长了"腿"的猫》.png', bytes(range(256)) * 8192
    async with served(answer) as address, Transport() as transport:
        await Bot(TOKEN, f"{address}bot", request=transport).send_document(7, data, filename=name)
    assert arrived["chat_id"] == (None, b"7")
    assert arrived["document"] == (name, data)


async def test_an_upload_may_take_longer_than_an_answer_may_pause() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.3)  # the line is slow
        sent = {"message_id": len(await request.read()), "date": 1, "chat": {"id": 7, "type": "private"}}
        return web.json_response({"ok": True, "result": sent})

    async with served(answer) as address, Transport() as transport:
        bot = Bot(TOKEN, f"{address}bot", request=transport)
        sent = await bot.send_document(7, bytes(2**25), filename="large", read_timeout=0.1)
    assert sent.message_id > 2**25


async def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used_again() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        asyncio.get_running_loop().call_soon(request.transport.close)
        return web.json_response({"ok": True, "result": True})

    async with served(answer) as address, Transport(connections=1) as transport:
        for _ in range(5):
            await transport.post(address)


@pytest.mark.parametrize(
    "line", [b"HTTP/9.9 nonsense\r\n\r\n", b"\x00\xff\r\n\r\n", b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n"]
)
async def test_an_answer_that_is_no_http_leaves_the_fate_unknown_and_shows_no_token(line: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(line)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    async with server, Transport() as transport:
        with pytest.raises(NetworkError) as broken:
            await transport.post(f"http://127.0.0.1:{port}/bot{TOKEN}/getMe")
    assert fate_of(broken.value) is Fate.UNKNOWN
    assert TOKEN not in str(broken.value)


async def test_a_server_that_is_not_there_leaves_the_fate_unknown() -> None:
    async with Transport() as transport:
        with pytest.raises(NetworkError) as away:
            await transport.post(f"http://127.0.0.1:{free_port('127.0.0.1')}/")
        assert fate_of(away.value) is Fate.UNKNOWN


async def test_calls_go_through_the_proxy_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=f"by proxy to {request.url.host}".encode())

    async with served(answer) as address, Transport() as transport:
        monkeypatch.setenv("HTTP_PROXY", address)
        assert await transport.retrieve("http://telegram.test/file") == b"by proxy to telegram.test"


async def test_the_bot_makes_its_calls_so(tmp_path: Path) -> None:
    async with wall_in(tmp_path) as wall:
        application = build_application(wall.services, token=TOKEN, api="http://127.0.0.1:9")
        assert isinstance(application.bot.request, Transport)
