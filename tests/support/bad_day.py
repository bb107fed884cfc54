"""A Bot API that fails calls on purpose: before or after their effect, in every way in which a connection can break."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random

from aiohttp import web

from tests.support.playground import playground_behind


class Fault(StrEnum):
    """What becomes of a call."""

    FLOOD = "429"  # refused, for a second
    ERROR = "500"  # not done
    RESET = "reset"  # not done, and no answer
    DONE_ERROR = "done, 502"
    DONE_RESET = "done, reset"  # done, and no answer
    DONE_HALF = "done, half an answer"
    DONE_NONSENSE = "done, no JSON"  # something between us and Telegram answers in its place
    DONE_DRIP = "done, byte by byte"  # done, and told in the end


TORN = (Fault.DONE_HALF, Fault.DONE_DRIP)


@dataclass
class BadDay:
    """Fails the calls that `faults` names by method, each fault once; with `rate`, others at random.

    While `hears` is not set, the bot receives no updates.
    """

    address: str = ""
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    rate: float = 0.0
    random: Random = field(default_factory=lambda: Random(1))
    seen: list[tuple[str, Fault]] = field(default_factory=list)
    hears: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Let the bot receive updates from the start."""
        self.hears.set()

    def fail(self, method: str, *faults: Fault) -> None:
        """Fail the next calls of a method."""
        self.faults[method.lower()] += faults

    def _next(self, method: str) -> Fault | None:
        if self.faults[method]:
            return self.faults[method].pop(0)
        if method and method != "getupdates" and self.random.random() < self.rate:
            return self.random.choice(list(Fault))
        return None

    @web.middleware
    async def intercept(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        method = request.match_info.get("method", "").lower()
        fault = self._next(method)
        if method == "getupdates":
            return await self._when_heard(await handler(request), request)
        if fault is None:
            return await handler(request)
        self.seen.append((method, fault))
        if fault is Fault.FLOOD:
            return _refusal(429, "Too Many Requests: retry after 1", retry_after=1)
        if fault is Fault.ERROR:
            return _refusal(500, "Internal Server Error")
        if fault is not Fault.RESET:
            response = await handler(request)
            if fault is Fault.DONE_ERROR:
                return _refusal(502, "Bad Gateway")
            if fault is Fault.DONE_NONSENSE:
                return web.Response(text="<h1>It works!</h1>", content_type="text/html")
            if fault in TORN:
                return await _torn(request, response, whole=fault is Fault.DONE_DRIP)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def _when_heard(self, updates: web.StreamResponse, request: web.Request) -> web.StreamResponse:
        """Return updates. If they are held back now, wait until they are not, and make the bot ask again."""
        if not self.hears.is_set():
            await self.hears.wait()
            assert request.transport is not None
            request.transport.abort()
        return updates


def _refusal(code: int, description: str, **parameters: int) -> web.Response:
    answer = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return web.json_response(answer, status=code)


async def _torn(request: web.Request, response: web.StreamResponse, *, whole: bool) -> web.StreamResponse:
    """Send an answer byte by byte, or its first half alone, and break off."""
    body = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b"{}"
    torn = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await torn.prepare(request)
    for start in range(len(body) if whole else len(body) // 2):
        await torn.write(body[start : start + 1])
        await asyncio.sleep(0)
    if not whole:
        assert request.transport is not None
        request.transport.abort()
    return torn


@asynccontextmanager
async def bad_day(folder: Path) -> AsyncIterator[BadDay]:
    """Run a playground whose Bot API fails as told; people's own requests never do."""
    day = BadDay()
    async with playground_behind(folder, day.intercept) as day.address:
        yield day
