"""What every handler may use: opened once by the composition root, passed to whoever needs it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.thumbnails import SIZES
from bot.turns import LocalTurns, MessageKey, Turns
from bot.wordlist import WordList
from inference.image.budget import PixelBudget
from inference.image.upscale import NAME as UPSCALE
from inference.worker.protocol import EngineInfo
from storage.blobs import Blobs
from storage.cleanup.retention import Retention
from storage.expansions import Store
from storage.gallery.anonymous import AnonymousCounts
from storage.gallery.browsing import Galleries
from storage.gallery.moderation import Moderation
from storage.gallery.posts import GalleryStore
from storage.jobs.films import FilmStore
from storage.jobs.queue import Queue
from storage.models import Expansion, FilmKind
from storage.people.messages import Messages
from storage.people.people import People


@dataclass(frozen=True)
class Limits:
    """What a person may ask for."""

    max_megapixels: float
    quota: int  # expansions in 24 hours
    admins: frozenset[int]  # who have no quota, and moderate
    reports: int = 3  # of different people withhold a post until a moderator has looked
    retention_days: int = 0  # of unpublished pictures; 0 is for ever

    def quota_of(self, person_id: int) -> int | None:
        return None if person_id in self.admins else self.quota


@dataclass(frozen=True)
class Services:
    store: Store
    messages: Messages
    people: People
    gallery: GalleryStore
    galleries: Galleries
    queue: Queue
    blobs: Blobs
    engine: EngineInfo
    limits: Limits
    moderation: Moderation
    words: WordList  # that no title may hold
    retention: Retention
    anonymous: AnonymousCounts
    films: FilmStore | None = None  # none where they cannot be made
    pages: str = ""  # what the address of a web page begins with, where chats can open one
    decoding: PixelBudget = field(default_factory=PixelBudget)  # of this program; engines are processes of their own
    changed: asyncio.Queue[MessageKey] = field(default_factory=asyncio.Queue)  # messages that are to show news
    turns: Turns = field(default_factory=LocalTurns)

    def maker_of(self, expansion: Expansion) -> tuple[str, str]:
        """The engine, by name and model, that makes the picture: doubling is the same with every one."""
        return (UPSCALE, "") if expansion.doubles else (self.engine.name, self.engine.model)

    async def discard(self, blobs: list[str]) -> None:
        """Delete picture bytes that no row needs any more, and the thumbnails and films made of them."""
        small = [size.key(blob) for blob in blobs for size in SIZES.values()]
        films = [key for blob in blobs for kind in FilmKind for key in (kind.movie(blob), kind.poster(blob))]
        await self.blobs.delete([*blobs, *small, *films])

    async def picture(self, expansion: Expansion) -> bytes:
        """The JPEG that chats see of a finished expansion."""
        if expansion.preview is None:
            raise LookupError(f"expansion {expansion.id} is {expansion.status}; it has no picture yet")
        return await self.blobs.get(expansion.preview)
