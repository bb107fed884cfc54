"""Serves the images of live posts at the widths that pages use, and no others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from aiohttp import web

from bot.services import Services
from bot.thumbnails import SHARED, SIZES, Size, Thumbnails
from bot.web.door import id_in
from bot.web.elsewhere import link_for
from bot.web.render import FOREVER, HEADERS
from storage.models import Expansion, PostStatus

TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
# Browsers may cache an image for ever. Shared caches may not, because they would serve it after it is withdrawn.
CACHE = f"private, {FOREVER}"


@dataclass(frozen=True)
class Pictures:
    """Serves `/picture/<post>/<width>.webp`."""

    services: Services
    thumbnails: Thumbnails

    async def send(self, request: web.Request) -> web.Response:
        """Send an image. Raises HTTPNotFound if the post is not live or the width is not offered."""
        size = SIZES.get(request.match_info["name"])
        post = await self.services.gallery.post(id_in(request))
        if size is None or post is None or post.status is not PostStatus.LIVE or post.expansion.preview is None:
            raise web.HTTPNotFound
        blob = post.expansion.preview
        headers = HEADERS | {"Cache-Control": CACHE, "ETag": f'"{blob[3:27]}-{size.name}"', "Vary": "Sec-Fetch-Dest"}
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        try:
            answer = await self._linked(request, post.expansion, blob, size)
            if answer is None:
                body = await self._copy(post.expansion, blob, size)
                answer = web.Response(body=body, content_type=TYPES[size.format], headers=headers)
        except FileNotFoundError:  # it was deleted since the check
            raise web.HTTPNotFound from None
        if await self.services.store.expansion(post.expansion_id) is None:  # deleted meanwhile: the copy would stay
            await self.services.shelf.discard(blob)
            self.services.rounds.ring()
            raise web.HTTPNotFound
        return answer

    async def _linked(self, request: web.Request, expansion: Expansion, blob: str, size: Size) -> web.Response | None:
        """Return the redirect to a copy, which is made on first use, or None where there are no links."""
        blobs, key = self.services.blobs, size.key(blob)
        try:
            return await link_for(request, blobs, key)
        except FileNotFoundError:
            await self._copy(expansion, blob, size)
            return await link_for(request, blobs, key)

    async def _copy(self, expansion: Expansion, blob: str, size: Size) -> bytes:
        return await self.thumbnails.get(blob, size, partial(self._marked, expansion, size))

    async def _marked(self, expansion: Expansion, size: Size, copy: bytes) -> bytes:
        """Sign the largest copies, which people download. The small ones get labels alone, which weigh less."""
        return await self.services.marked(copy, expansion, signed=size.width >= SHARED.width)
