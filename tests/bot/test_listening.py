"""The HTTP server's places: half requests lose theirs, and whole ones are told when there is none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bot.hosting import free_port
from bot.listening import Listener

HALF = b"POST /read HTTP/1.1\r\nHost: x\r\nX-a: "
NO_BODY = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
NO_HTTP = b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n"
NO_GZIP = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n"
KEPT = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Served:
    """An application behind a listener, and the connections of its clients."""

    port: int
    clients: AsyncExitStack
    writers: dict[asyncio.StreamReader, asyncio.StreamWriter] = field(default_factory=dict)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self, sent: bytes) -> asyncio.StreamReader:
        reader, self.writers[reader] = await asyncio.open_connection("127.0.0.1", self.port)
        self.clients.callback(self.writers[reader].close)
        await self.ask(reader, sent)
        return reader

    async def ask(self, reader: asyncio.StreamReader, sent: bytes) -> None:
        self.writers[reader].write(sent)
        await self.writers[reader].drain()

    def burst(self, number: int) -> list[socket.socket]:
        """Open connections without a turn for the server in between."""
        return [self.clients.enter_context(socket.create_connection(("127.0.0.1", self.port))) for _ in range(number)]

    async def status(self, sent: bytes) -> int:
        return int((await (await self.connect(sent)).readline()).split()[1])

    def application(self) -> web.Application:
        async def read(request: web.Request) -> web.Response:
            return web.Response(text=await request.text())

        async def slow(_request: web.Request) -> web.Response:
            self.asked.release()
            await self.go_on.wait()
            return web.Response()

        async def large(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse()
            await answer.prepare(request)
            try:
                while True:
                    await answer.write(bytes(2**20))
            finally:
                self.ended.set()

        async def home(_request: web.Request) -> web.Response:
            return web.Response()

        app = web.Application()
        app.add_routes(
            [web.route("*", "/", home), web.get("/slow", slow), web.get("/large", large), web.post("/read", read)]
        )
        return app


@asynccontextmanager
async def served(places: int, idle: float = 600, body: float = 600, unread: float = 600) -> AsyncIterator[Served]:
    async with AsyncExitStack() as clients:
        site = Served(free_port("127.0.0.1"), clients)
        async with Listener(site.application(), places, idle, body, unread).serving("127.0.0.1", site.port):
            try:
                yield site
            finally:
                site.go_on.set()


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


def is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


async def test_the_oldest_half_request_makes_room_for_a_whole_one() -> None:
    async with served(places=20) as site:
        half = [await site.connect(HALF) for _ in range(20)]
        assert await site.status(WHOLE) == 200
        assert await ended(half[0])
        burst = site.burst(60)  # accepted in one turn of the event loop, with the next
        for _ in range(2):
            assert await site.status(WHOLE) == 200
        assert all([await ended(reader) for reader in half])
        assert sum(map(is_open, burst)) < 20


async def test_whoever_is_served_keeps_the_place_and_the_next_is_told() -> None:
    async with served(places=2) as site:
        slow = [await site.connect(SLOW) for _ in range(2)]
        for _ in slow:
            await site.asked.acquire()
        assert await site.status(WHOLE) == 503
        site.go_on.set()
        assert [(await reader.readline()).split()[1] for reader in slow] == [b"200", b"200"]


async def test_half_requests_end_by_themselves() -> None:
    async with served(places=8, idle=0.2) as site:
        assert await ended(await site.connect(HALF))
        assert await ended(await site.connect(b""))
        reader = await site.connect(KEPT + HALF)
        assert (await reader.readline()).split()[1] == b"200"
        await reader.read()


async def test_a_body_that_never_ends_is_given_up() -> None:
    async with served(places=8, body=0.2) as site:
        assert await site.status(NO_BODY) == 408


async def test_whoever_waits_longest_makes_room_before_anybody_is_refused() -> None:
    async with served(places=3) as site:
        kept = [await site.connect(KEPT) for _ in range(2)]
        for reader in kept:
            assert (await reader.readuntil(b"\r\n\r\n")).split()[1] == b"200"
        slow = await site.connect(SLOW)
        await site.asked.acquire()
        await site.connect(HALF)  # in the place of the first that waits
        assert await ended(kept[0])
        assert await site.status(WHOLE) == 200  # in the place of the half request
        await site.ask(kept[1], SLOW)
        await site.asked.acquire()
        site.go_on.set()
        assert [(await reader.readline()).split()[1] for reader in (slow, kept[1])] == [b"200", b"200"]


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system cannot tell who does not read")
async def test_an_answer_that_nobody_reads_is_given_up() -> None:
    async with served(places=1, unread=0.5) as site:
        (client,) = site.burst(1)
        client.sendall(LARGE)
        await site.ended.wait()
        assert await site.status(WHOLE) == 200


async def test_whoever_sends_what_is_no_http_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with served(places=8) as site:
        assert await site.status(NO_HTTP) == 400
        reader = await site.connect(NO_GZIP)
        assert (await reader.readuntil(b"\r\n\r\n")).split()[1] == b"200"
        await site.ask(reader, b"no gzip!!")
        assert await ended(reader)
    assert caplog.records == []
