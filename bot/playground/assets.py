"""The page's static files, served with a content security policy that allows nothing from elsewhere."""

import asyncio
from functools import cache
from pathlib import Path

from aiohttp import web

from bot.playground.pictures import thumbnail

PAGE = Path(__file__).parent / "page"
SAMPLES = Path(__file__).parent / "samples"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; frame-src http: https:; manifest-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
TYPES = {".js": "text/javascript; charset=utf-8", ".html": "text/html; charset=utf-8"}


async def page(_: web.Request) -> web.FileResponse:
    """Serve the chat page at `/`."""
    return _file(PAGE / "index.html")


async def asset(request: web.Request) -> web.FileResponse:
    """Serve scripts, styles, texts and icons at `/playground/page/<name>`."""
    return _file(PAGE / request.match_info["name"])


async def sample(request: web.Request) -> web.Response:
    """Serve a thumbnail of a sample photo at `/playground/samples/<name>`."""
    path = SAMPLES / Path(request.match_info["name"]).name
    if path not in SAMPLES.glob("*.jpg"):
        raise web.HTTPNotFound
    headers = {"Cache-Control": "private, max-age=86400"}
    return web.Response(body=await asyncio.to_thread(_small, path), content_type="image/jpeg", headers=headers)


@cache
def _small(path: Path) -> bytes:
    rung = thumbnail(path.read_bytes())
    return rung.data if rung else b""


def _file(path: Path) -> web.FileResponse:
    if not path.resolve().is_relative_to(PAGE) or not path.is_file():
        raise web.HTTPNotFound
    kind = TYPES.get(path.suffix)
    return web.FileResponse(path, headers=HEADERS | ({"Content-Type": kind} if kind else {}))
