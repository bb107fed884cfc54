"""The program's HTTP server, which half requests cannot fill.

A client that opens connections and never finishes a request (a «slow loris») would otherwise hold every file that the
process may open. A connection without a request is closed after a while, a body must arrive within minutes, and
when all places are taken, the oldest connection that has never sent a whole request makes room.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestHandler

from bot.errors import CannotRun
from bot.hosting import cannot_listen

IDLE: Final = 75.0  # seconds for the headers of a request, and until the next one; proxies keep connections as long
BODY: Final = 120.0  # seconds for a request with a body, from its headers to the end of its handling
MOST: Final = 1024  # connections at a time, if the process may open twice as many files; a burst may pass it by 100
FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 20\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Listener:
    """Accepts connections for one application, up to a number of places."""

    def __init__(self, app: web.Application, places: int | None = None, idle: float = IDLE, body: float = BODY) -> None:
        self._app, self._idle, self._body = app, idle, body
        self._places = places or min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        self._proven: set[asyncio.BaseProtocol] = set()  # connections that have sent a whole request
        app.middlewares.append(self._within_time)

    @asynccontextmanager
    async def serving(self, host: str, port: int) -> AsyncIterator[None]:
        """Serve the application. Raises OSError when the address cannot be taken."""
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1.0, keepalive_timeout=self._idle)
        await runner.setup()
        assert runner.server is not None
        handlers = runner.server
        try:
            accepting = await asyncio.get_running_loop().create_server(lambda: self._admit(handlers), host, port)
            try:
                yield
            finally:
                accepting.close()
        finally:
            await runner.cleanup()

    def _admit(self, handlers: web.Server) -> asyncio.Protocol:
        """Return the protocol of a new connection, which is refused if every other one has sent a whole request."""
        connections = [handler for handler in handlers.connections if _is_open(handler)]
        self._proven.intersection_update(connections)
        surplus = len(connections) - self._places + 1  # above 1 after a burst, whose connections are admitted together
        unproven = [handler for handler in connections if handler not in self._proven]
        for handler in unproven[: max(surplus, 0)]:
            _drop(handler)
        return _Refusal() if surplus > len(unproven) else handlers()

    @web.middleware
    async def _within_time(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._proven.add(request.protocol)
        if not request.body_exists:
            return await handler(request)
        try:
            async with asyncio.timeout(self._body) as limit:
                return await handler(request)
        except TimeoutError:
            if not limit.expired():
                raise
            return web.Response(status=408, text="the body took too long\n", headers={"Connection": "close"})


class _Refusal(asyncio.Protocol):
    """Tells a client that every place is taken, and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(FULL)
        transport.close()


def _is_open(handler: RequestHandler) -> bool:
    return handler.transport is not None and not handler.transport.is_closing()


def _drop(handler: RequestHandler) -> None:
    """End a connection at once, without waiting for what was written to it."""
    if isinstance(handler.transport, asyncio.Transport):
        handler.transport.abort()


async def listen(app: web.Application, host: str, port: int, stack: AsyncExitStack) -> None:
    """Serve pages until the stack closes. Raises CannotRun when the host is not ours, or the port is not free."""
    try:
        await stack.enter_async_context(Listener(app).serving(host, port))
    except OSError as error:
        raise CannotRun(cannot_listen(host, port, error)) from None
