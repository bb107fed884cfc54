"""The page that says of a picture whether it was made here, and whether the photo in it is untouched."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from bot.chat.cards.verdict import verdict_lines
from bot.services import Services
from bot.verification import Archive, drawn, look, verify
from bot.web.body import reading
from bot.web.render import POLICY, Pages, speak
from inference.engine import Pixels
from inference.image.codec import decode, extent
from inference.image.refusal import BadPhoto

COST = 150.0  # tokens of a verification: a client has two at once, then one in four seconds
LARGEST = 50 * 2**20  # bytes of a file
OWN_POLICY = POLICY.replace("img-src 'self'", "img-src 'self' data:")  # it shows a picture that is stored nowhere


@dataclass(frozen=True)
class VerifyPage:
    """Serves `/verify`. Nothing that is sent there is kept."""

    services: Services
    pages: Pages

    async def ask(self, request: web.Request) -> web.Response:
        """Send the form."""
        return self._page(request)

    async def answer(self, request: web.Request) -> web.Response:
        """Send the answer for the file in the form. Raises HTTPBadRequest without one."""
        files = await _files(request)
        if not files.get("picture"):
            raise web.HTTPBadRequest(text="the form needs a picture")
        say = speak(request)
        try:
            size = await asyncio.to_thread(extent, files["picture"])
            seen = await self.services.decoding.run(size.area, look, files["picture"], self.services.marks)
            photo = await self._photo(files.get("photo", b""))
        except BadPhoto as bad:
            lines = [say(f"photo.bad.{bad.reason}", found=bad.found, limit=bad.limit)]
            return self._page(request, lines)
        archive = Archive(self.services.register, self.services.store, self.services.pictures)
        verdict = await verify(seen, archive, photo)
        picture = await asyncio.to_thread(drawn, seen, verdict)
        shown = f"data:image/jpeg;base64,{b64encode(picture).decode()}" if picture is not None else ""
        return self._page(request, verdict_lines(say, verdict), shown)

    async def _photo(self, data: bytes) -> Pixels | None:
        if not data:
            return None
        size = await asyncio.to_thread(extent, data)
        return await self.services.decoding.run(size.area, decode, data)

    def _page(self, request: web.Request, lines: list[str] | None = None, picture: str = "") -> web.Response:
        response = self.pages.render(request, "verify.html", lines=lines or [], picture=picture)
        response.headers["Content-Security-Policy"] = OWN_POLICY
        if lines:
            response.headers["Cache-Control"] = "no-store"
        return response


async def _files(request: web.Request) -> dict[str, bytes]:
    """Return the files of a form by the names of its fields. Raises HTTPBadRequest for what is no form or too large."""
    if request.content_type != "multipart/form-data":
        raise web.HTTPBadRequest(text="a form with files is needed")
    files: dict[str, bytes] = {}
    with reading("the form"):
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name in ("picture", "photo"):
                files[part.name] = await _content(part)
    return files


async def _content(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(2**16):
        content += chunk
        if len(content) > LARGEST:
            raise web.HTTPBadRequest(text="the file is too large")
    return bytes(content)
