"""Serves the films of live posts that a job has already made. A request never makes a film."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.services import Services
from bot.web.door import id_in
from bot.web.elsewhere import link_for
from bot.web.picture import CACHE
from bot.web.render import HEADERS
from inference.canvas import Extent
from inference.film.camera import frame_of
from storage.models import FilmKind, Post, PostStatus

TYPES = {"mp4": "video/mp4", "jpg": "image/jpeg"}


@dataclass(frozen=True)
class Shown:
    """A film on the page of a post."""

    kind: FilmKind
    post_id: int
    frame: Extent

    @property
    def movie(self) -> str:
        """The path of the video."""
        return f"/film/{self.post_id}/{self.kind}.mp4"

    @property
    def poster(self) -> str:
        """The path of the poster image."""
        return f"/film/{self.post_id}/{self.kind}.jpg"


async def films_of(services: Services, post: Post) -> list[Shown]:
    """Return the films of a post that exist, the longest first."""
    result = post.expansion.result
    made = await services.films.made(post.expansion_id) if services.films and result else set()
    frame = frame_of(Extent(result.width, result.height)) if result else Extent(0, 0)
    return [Shown(kind, post.id, frame) for kind in FilmKind if kind in made]


@dataclass(frozen=True)
class Films:
    """Serves `/film/<post>/<kind>.mp4`, whole or in ranges (RFC 9110, section 14), and its poster `….jpg`."""

    services: Services

    async def send(self, request: web.Request) -> web.Response:
        """Send a film or a poster. Raises HTTPNotFound if it does not exist."""
        kind, _, suffix = request.match_info["name"].partition(".")
        post = await self.services.gallery.post(id_in(request))
        if post is None or post.status is not PostStatus.LIVE or kind not in list(FilmKind) or suffix not in TYPES:
            raise web.HTTPNotFound
        key = self._key(post, FilmKind(kind), suffix)
        headers = HEADERS | {"Cache-Control": CACHE, "ETag": f'"{key[3:27]}-{kind}"', "Accept-Ranges": "bytes"}
        headers["Vary"] = "Sec-Fetch-Dest"
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        try:
            if (elsewhere := await link_for(request, self.services.blobs, key)) is not None:
                return elsewhere
            body = await self.services.blobs.get(key)
        except FileNotFoundError:  # it was never made, or was deleted since the check
            raise web.HTTPNotFound from None
        return _part(request, body, TYPES[suffix], headers)

    def _key(self, post: Post, kind: FilmKind, suffix: str) -> str:
        picture = post.expansion.preview
        if self.services.films is None or picture is None:
            raise web.HTTPNotFound
        return kind.movie(picture) if suffix == "mp4" else kind.poster(picture)


def _part(request: web.Request, body: bytes, kind: str, headers: dict[str, str]) -> web.Response:
    """Return the requested range. If the range is invalid or of another version, return the whole."""
    try:
        asked = request.http_range
    except ValueError:  # for several ranges or another unit, RFC 9110 allows the whole
        asked = slice(None)
    if request.headers.get("If-Range", headers["ETag"]) != headers["ETag"]:
        asked = slice(None)
    if asked.start is None and asked.stop is None:
        return web.Response(body=body, content_type=kind, headers=headers)
    start, stop, _ = asked.indices(len(body))
    if start >= stop:
        headers = headers | {"Content-Range": f"bytes */{len(body)}", "Cache-Control": "no-store"}
        return web.Response(status=416, headers=headers)
    headers = headers | {"Content-Range": f"bytes {start}-{stop - 1}/{len(body)}"}
    return web.Response(status=206, body=body[start:stop], content_type=kind, headers=headers)
