"""Sends browsers to the S3 server for pictures and films, so that these do not pass through this program.

The address of a picture stays the same, and its answer leads to a link that holds for five minutes. Only browsers that
load a picture or a film for a page are sent there. Everybody else gets the bytes: whoever downloads a file under its
name, and programs such as Telegram's, which might keep a link.
"""

from __future__ import annotations

from aiohttp import web

from bot.web.render import HEADERS
from storage.blobs import Blobs

HOLDS = 300.0  # seconds that a link holds, also after its picture was withdrawn
KEPT = 240  # seconds for which a browser may keep the redirect; the rest is for loading
LOADS = ("image", "video")  # what a browser says it loads (Fetch Metadata Request Headers, W3C)


async def link_for(request: web.Request, blobs: Blobs, key: str) -> web.Response | None:
    """Return the redirect to a blob, or None if the request is to be answered here. Raises FileNotFoundError."""
    if request.headers.get("Sec-Fetch-Dest") not in LOADS:
        return None
    address = await blobs.link(key, HOLDS)
    if address is None:
        return None
    kept = {"Cache-Control": f"private, max-age={KEPT}", "Vary": "Sec-Fetch-Dest"}
    return web.Response(status=302, headers=HEADERS | kept | {"Location": address})
