"""Smaller copies of images for web pages. Each is made once, stored beside its blob, and deleted with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import TypeAlias

import structlog
from PIL import Image

from storage.blobs import STORE_ERRORS, Blobs

log = structlog.get_logger()

Finish: TypeAlias = Callable[[bytes], Awaitable[bytes]]
"""What happens to a copy before it is stored."""

QUALITY = 82


@dataclass(frozen=True)
class Size:
    """The width of a copy in px, and its format. A narrower image keeps its width."""

    width: int
    format: str  # webp, or jpg for link previews, whose clients do not all read WebP

    @property
    def name(self) -> str:
        """The file name of a copy of this size."""
        return f"{self.width}.{self.format}"

    def key(self, blob: str) -> str:
        """Return the key under which the copy of a blob is stored."""
        return f"{blob}.{self.name}"


WEBP = (Size(320, "webp"), Size(640, "webp"), Size(1280, "webp"))
SHARED = Size(1280, "jpg")
SIZES = {size.name: size for size in (*WEBP, SHARED)}


@dataclass
class Thumbnails:
    """Makes copies one at a time, because a page asks for two dozen and the engine needs the cores."""

    blobs: Blobs
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def get(self, blob: str, size: Size, finish: Finish) -> bytes:
        """Return the copy of an image, made on first use and passed through `finish`.

        Raises FileNotFoundError if the image was deleted.
        """
        try:
            return await self.blobs.get(size.key(blob))
        except FileNotFoundError:
            async with self._turn:
                return await self._make(blob, size, finish)

    async def _make(self, blob: str, size: Size, finish: Finish) -> bytes:
        try:
            return await self.blobs.get(size.key(blob))  # a request that held the semaphore before may have made it
        except FileNotFoundError:
            small = await asyncio.to_thread(shrink, await self.blobs.get(blob), size)
            small = await finish(small)
            await self._store(size.key(blob), small)
            return small

    async def _store(self, key: str, copy: bytes) -> None:
        """Store a copy. If the disk is full or the image is just being deleted, the copy is shown all the same."""
        try:
            await self.blobs.put_at(key, copy)
        except STORE_ERRORS as error:
            log.warning("thumbnail.not_stored", key=key, reason=str(error).partition("\n")[0])


def shrink(picture: bytes, size: Size) -> bytes:
    """Return an image scaled down to a width, without metadata. A narrower image is not enlarged."""
    with Image.open(BytesIO(picture)) as opened:
        opened.draft("RGB", (size.width, size.width * opened.height // opened.width + 1))
        image = opened.convert("RGB")
    height = max(1, round(image.height * size.width / image.width))
    if image.width > size.width:
        image = image.resize((size.width, height), Image.Resampling.LANCZOS)
    image.info = {}
    out = BytesIO()
    if size.format == "webp":
        image.save(out, "WEBP", quality=QUALITY, method=4)
    else:
        image.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()
