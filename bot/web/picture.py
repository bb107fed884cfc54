"""Pictures of live posts at the widths that pages ask for. Nothing else is ever served."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.services import Services
from bot.thumbnails import SIZES, Thumbnails
from bot.web.door import id_in
from bot.web.render import FOREVER, HEADERS
from storage.models import PostStatus

TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
# private: a browser may keep it for ever, but no cache between us, which would show it after its author took it back
CACHE = f"private, {FOREVER}"


@dataclass(frozen=True)
class Pictures:
    """`/picture/<post>/<width>.webp`"""

    services: Services
    thumbnails: Thumbnails

    async def send(self, request: web.Request) -> web.Response:
        size = SIZES.get(request.match_info["name"])
        post = await self.services.gallery.post(id_in(request))
        if size is None or post is None or post.status is not PostStatus.LIVE or post.expansion.preview is None:
            raise web.HTTPNotFound
        blob = post.expansion.preview
        headers = HEADERS | {"Cache-Control": CACHE, "ETag": f'"{blob[3:27]}-{size.name}"'}
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        try:
            body = await self.thumbnails.get(blob, size)
        except FileNotFoundError:  # it was deleted since we looked
            raise web.HTTPNotFound from None
        if await self.services.store.expansion(post.expansion_id) is None:  # while we made it, so it would stay behind
            await self.services.discard([blob])
            raise web.HTTPNotFound
        return web.Response(body=body, content_type=TYPES[size.format], headers=headers)
