"""The program's HTTP server, which half requests cannot fill.

A client that opens connections and never finishes a request (a «slow loris») would otherwise hold every file that the
process may open. A connection without a request is closed after a while, a body must arrive within minutes, and an
answer must be read. When all places are taken, the oldest connection that has never sent a whole request makes room,
or else the one that has waited longest for its next request.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestHandler

from bot.errors import CannotRun
from bot.hosting import cannot_listen

IDLE: Final = 75.0  # seconds for the headers of a request, and until the next one; proxies keep connections as long
BODY: Final = 120.0  # seconds for a request with a body, from its headers to the end of its handling
UNREAD: Final = 60.0  # seconds in which a client must take something of an answer, if the system can tell (Linux)
MOST: Final = 1024  # connections at a time, if the process may open twice as many files; a burst may pass it by 100
FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 20\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Listener:
    """Accepts connections for one application, up to a number of places."""

    def __init__(
        self,
        app: web.Application,
        places: int | None = None,
        idle: float = IDLE,
        body: float = BODY,
        unread: float = UNREAD,
    ) -> None:
        self._app, self._idle, self._body, self._unread = app, idle, body, unread
        self._places = places or min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        self._proven: set[asyncio.BaseProtocol] = set()  # connections that have sent a whole request
        self._waiting: dict[asyncio.BaseProtocol, None] = {}  # those of them that wait for the next, longest first
        app.middlewares.append(self._within_time)

    @asynccontextmanager
    async def serving(self, host: str, port: int) -> AsyncIterator[None]:
        """Serve the application. Raises OSError when the address cannot be taken."""
        runner = web.AppRunner(
            self._app,
            logger=_log_of_our_faults(),
            access_log=logging.getLogger(__name__),
            access_log_class=self._noticing(),
            shutdown_timeout=1.0,
            keepalive_timeout=self._idle,
        )
        await runner.setup()
        assert runner.server is not None
        handlers = runner.server
        try:
            accepting = await asyncio.get_running_loop().create_server(lambda: self._admit(handlers), host, port)
            for accepted in accepting.sockets:
                _end_unread(accepted, self._unread)
            try:
                yield
            finally:
                accepting.close()
        finally:
            await runner.cleanup()

    def _noticing(self) -> type[AbstractAccessLogger]:
        """Return what aiohttp calls after an answer was written. From then on, its connection waits."""
        waiting = self._waiting

        class Noticing(AbstractAccessLogger):
            def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
                waiting[request.protocol] = None

        return Noticing

    def _admit(self, handlers: web.Server) -> asyncio.Protocol:
        """Return the protocol of a new connection, which is refused if every other one is being answered."""
        connections = [handler for handler in handlers.connections if _is_open(handler)]
        self._proven.intersection_update(connections)
        surplus = len(connections) - self._places + 1  # above 1 after a burst, whose connections are admitted together
        idle = [handler for handler in connections if handler not in self._proven] + self._idle_among(connections)
        for handler in idle[: max(surplus, 0)]:
            _drop(handler)
        return _Refusal() if surplus > len(idle) else handlers()

    def _idle_among(self, connections: list[RequestHandler]) -> list[RequestHandler]:
        """Return the connections whose last answer was sent whole, the one that has waited longest first."""
        for gone in self._waiting.keys() - set(connections):
            del self._waiting[gone]
        return [handler for handler in self._waiting if isinstance(handler, RequestHandler) and _is_sent(handler)]

    @web.middleware
    async def _within_time(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._proven.add(request.protocol)
        self._waiting.pop(request.protocol, None)
        if not request.body_exists:
            return await handler(request)
        try:
            async with asyncio.timeout(self._body) as limit:
                return await handler(request)
        except TimeoutError:
            if not limit.expired():
                raise
            return web.Response(status=408, text="the body took too long\n", headers={"Connection": "close"})


def _log_of_our_faults() -> logging.Logger:
    """Return where aiohttp logs errors. Whoever sends what is no HTTP gets a 400, and could fill the log with it."""
    log = logging.getLogger(f"{__name__}.server")
    log.addFilter(_is_our_fault)
    return log


def _is_our_fault(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))


class _Refusal(asyncio.Protocol):
    """Tells a client that every place is taken, and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(FULL)
        transport.close()


def _is_open(handler: RequestHandler) -> bool:
    return handler.transport is not None and not handler.transport.is_closing()


def _is_sent(handler: RequestHandler) -> bool:
    return isinstance(handler.transport, asyncio.Transport) and not handler.transport.get_write_buffer_size()


def _end_unread(accepting: socket.socket, seconds: float) -> None:
    """End the connections that a socket accepts when their clients take nothing of an answer (RFC 5482)."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        accepting.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(seconds * 1000))


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
