"""What a browser gets where there is nothing, or where something broke: a page with a way home, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Mapping

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.web.render import Pages, speak

log = structlog.get_logger()

# Addresses that programs ask, and that pages load from. Whoever asks there reads text, whatever it accepts.
FOR_PROGRAMS = re.compile(
    r"/(bot\d+:|(file|playground|picture|film|gallery/page)/|(telegram|healthz|readyz|metrics|gallery/seen)$"
    r"|post/[^/]+/(reaction|report/signed)$|.*\.(atom|xml|txt|ico)$)"
)
WORDS: Mapping[int, str] = {404: "web.nowhere", 405: "web.wrong_way", 429: "web.slow", 500: "error.sorry"}


def error_pages(pages: Pages) -> Middleware:
    """Return a middleware that answers what no handler has answered."""

    @web.middleware
    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        if FOR_PROGRAMS.match(request.path):
            return await handler(request)
        try:
            return await handler(request)
        except web.HTTPException as refused:
            if refused.status not in WORDS or not _reads_pages(request):
                raise
            return _page(pages, request, refused.status, refused.headers)
        except Exception:
            log.exception("web.failed", path=request.path)
            if not _reads_pages(request):
                return web.Response(status=500, text="500: Internal Server Error")
            return _page(pages, request, 500, {})

    return answered


def _page(pages: Pages, request: web.Request, status: int, headers: Mapping[str, str]) -> web.Response:
    response = pages.render(request, "notice.html", status, message=speak(request)(WORDS[status]), back=None)
    response.headers.update({name: headers[name] for name in ("Allow", "Retry-After") if name in headers})
    response.headers["Cache-Control"] = "no-store"
    return response


def _reads_pages(request: web.Request) -> bool:
    """Tell whether the visitor accepts HTML. Who loads a picture or asks for JSON names that alone."""
    kinds = [part.partition(";")[0].strip() for part in request.headers.get("Accept", "*/*").split(",")]
    return kinds == ["*/*"] or "text/html" in kinds or "text/*" in kinds
