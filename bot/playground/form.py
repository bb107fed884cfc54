"""Reads a form into memory. aiohttp's own reader leaves temporary files open when the connection breaks."""

from __future__ import annotations

from aiohttp import BodyPartReader, web
from multidict import MultiDict

from bot.playground.files import Upload

CHUNK = 1 << 16


async def read_form(request: web.Request, most: int) -> MultiDict[str | Upload]:
    """Return the fields of a form in order, in either encoding. Raises HTTPRequestEntityTooLarge above `most` bytes."""
    if request.content_type != "multipart/form-data":
        return MultiDict((name, str(value)) for name, value in (await request.post()).items())
    form, left = MultiDict[str | Upload](), most
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name is not None:
            body = await _body(part, left, most)
            left -= len(body)
            kind = part.headers.get("Content-Type", "application/octet-stream")
            value = body.decode("utf-8", "replace") if part.filename is None else Upload(body, part.filename, kind)
            form.add(part.name, value)
    return form


async def _body(part: BodyPartReader, left: int, most: int) -> bytes:
    body = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        body += chunk
        if len(body) > left:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=most + 1)
    return bytes(body)
