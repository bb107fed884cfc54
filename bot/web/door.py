"""What every request to the gallery passes: its client's rate limit, and an error page if it cannot be served."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps

from aiohttp import web

from bot.web.init_data import NotSigned, Visitor, verify
from bot.web.rate import Allowance, Clients
from bot.web.render import HEADERS, Pages, speak

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SCHEME = "tma "  # prefix of the Authorization header that carries a Mini App's launch data
PICTURE, PAGE = 1.0, 5.0  # tokens that a request costs
REFUSALS = (
    web.HTTPNotFound,
    web.HTTPBadRequest,
    web.HTTPUnauthorized,
    web.HTTPForbidden,
    web.HTTPConflict,
    web.HTTPTooManyRequests,
    web.HTTPServiceUnavailable,
)
LONGEST_ID = 18  # digits; a longer number is no id of a table


@dataclass
class Door:
    """Wraps handlers with the rate limit and error answers. `token` is the bot's, which signs launch data."""

    pages: Pages
    token: str
    clients: Clients
    allowance: Allowance
    clock: Callable[[], float] = time.time

    def page(self, handler: Handler, cost: float = PAGE) -> Handler:
        """Wrap a handler that people look at: errors are answered with a page."""

        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            if wait := await self.allowance.take(self.clients.name(request), cost):
                return self._lost(request, 429, {"Retry-After": str(wait)})
            try:
                return await handler(request)
            except (web.HTTPNotFound, web.HTTPBadRequest, web.HTTPForbidden, web.HTTPTooManyRequests) as refused:
                return self._lost(request, refused.status, _later(refused))

        return guarded

    def file(self, handler: Handler, cost: float = PICTURE) -> Handler:
        """Wrap a handler that pages load from: errors are answered with one line of text."""

        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            if wait := await self.allowance.take(self.clients.name(request), cost):
                return web.Response(
                    status=429, text="too many requests\n", headers=HEADERS | {"Retry-After": str(wait)}
                )
            try:
                return await handler(request)
            except REFUSALS as refused:
                headers = HEADERS | {"Cache-Control": "no-store"} | _later(refused)
                return web.Response(status=refused.status, text=f"{refused.text}\n", headers=headers)

        return guarded

    def visitor(self, request: web.Request) -> Visitor:
        """Return the person whose launch data is in the Authorization header. Raises HTTPUnauthorized."""
        given = request.headers.get("Authorization", "")
        if not given.startswith(SCHEME):
            raise web.HTTPUnauthorized(text="this requires the launch data of Telegram's Mini App")
        try:
            return verify(given.removeprefix(SCHEME), self.token, self.clock())
        except NotSigned as error:
            raise web.HTTPUnauthorized(text=str(error)) from None

    def notice(self, request: web.Request, message: str, back: str) -> web.Response:
        """Return a page that says one sentence and leads back to a path."""
        response = self.pages.render(request, "notice.html", message=message, back=back)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _lost(self, request: web.Request, status: int, headers: dict[str, str] | None = None) -> web.Response:
        say = speak(request)
        message = say("web.slow") if status == 429 else say("web.lost")
        response = self.pages.render(request, "notice.html", status, message=message, back=None)
        response.headers.update((headers or {}) | {"Cache-Control": "no-store"})
        return response


def _later(refused: web.HTTPException) -> dict[str, str]:
    """Return the header that says when to ask again, if a refusal has one."""
    after = refused.headers.get("Retry-After")
    return {"Retry-After": after} if after else {}


def id_in(request: web.Request) -> int:
    """Return the id in the path. Raises HTTPNotFound if no row can have it."""
    text = request.match_info["id"]
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID):
        raise web.HTTPNotFound
    return int(text)
