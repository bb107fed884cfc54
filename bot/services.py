"""The dependencies that handlers share. The composition root opens them once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.marks import Marks, origin_of
from bot.pictures import Pictures
from bot.presets import served_by
from bot.previews import Previews
from bot.rounds import Rounds
from bot.shortage import Shortage
from bot.thumbnails import SIZES
from bot.turns import LocalTurns, MessageKey, Turns
from bot.wordlist import WordList
from inference.image.budget import PixelBudget
from inference.image.upscale import NAME as UPSCALE
from inference.worker.process import EngineProcess
from inference.worker.protocol import EngineInfo
from storage.blobs import Blobs
from storage.buckets import Buckets
from storage.cleanup.retention import Retention
from storage.cleanup.shelf import Shelf
from storage.expansions import Store
from storage.gallery.anonymous import AnonymousCounts
from storage.gallery.applause import ApplauseStore
from storage.gallery.browsing import Galleries
from storage.gallery.moderation import Moderation
from storage.gallery.posts import GalleryStore
from storage.gallery.recipes import Recipes
from storage.jobs.films import FilmStore
from storage.jobs.queue import Queue
from storage.jobs.workers import Workers
from storage.models import Expansion, FilmKind
from storage.people.guests import Guests
from storage.people.messages import Messages
from storage.people.people import People
from storage.register import Register

# The endings of the keys of everything that is made from a blob and deleted with it: thumbnails and films.
DERIVED = (
    *(size.key("") for size in SIZES.values()),
    *(key for kind in FilmKind for key in (kind.movie(""), kind.poster(""))),
)


@dataclass(frozen=True)
class Limits:
    """What a person may ask for."""

    max_megapixels: float
    quota: int  # expansions in 24 hours
    admins: frozenset[int]  # people who have no quota and moderate the gallery
    reports: int = 3  # reports by different people that hide a post until a moderator decides
    retention_days: int = 0  # days that unpublished pictures are kept; 0 keeps them for ever
    first_sheet: bool = False  # whether a person's first Expand shows all three styles

    def quota_of(self, person_id: int) -> int | None:
        """Return the daily quota of a person, or None if there is no limit."""
        return None if person_id in self.admins else self.quota


@dataclass(frozen=True, kw_only=True)
class Services:
    """The stores, the queue and the limits that every handler gets."""

    store: Store
    messages: Messages
    people: People
    gallery: GalleryStore
    galleries: Galleries
    queue: Queue
    blobs: Blobs
    shelf: Shelf  # stores and deletes blobs that rows name
    engine: EngineInfo  # what the settings say of it
    limits: Limits
    moderation: Moderation
    workers: Workers
    words: WordList  # words that are not allowed in titles
    retention: Retention
    anonymous: AnonymousCounts
    applause: ApplauseStore
    recipes: Recipes
    guests: Guests  # who walk into other pictures of a chat
    buckets: Buckets  # rate limits that all programs share
    register: Register
    marks: Marks
    films: FilmStore | None = None  # None where films cannot be made
    processes: Sequence[EngineProcess] = ()  # in which this program paints
    pages: str = ""  # base URL of the web pages, if chats can open them
    # limits the pixels that this process decodes at the same time; engines run in other processes
    decoding: PixelBudget = field(default_factory=PixelBudget)
    changed: asyncio.Queue[MessageKey] = field(default_factory=asyncio.Queue)  # messages to be redrawn
    previews: Previews = field(default_factory=Previews)
    turns: Turns = field(default_factory=LocalTurns)
    rounds: Rounds = field(default_factory=Rounds)  # of the loop that deletes noted blobs
    shortage: Shortage = field(default_factory=Shortage)  # of workers

    @property
    def painting(self) -> EngineInfo:
        """The engine as a process of this program describes it, or as the settings do as long as none does."""
        return next((process.info for process in self.processes if process.info), self.engine)

    @property
    def presets(self) -> set[str]:
        """The presets that this program serves, if it paints."""
        return served_by(self.engine, self.painting)

    @property
    def pictures(self) -> Pictures:
        """What reads photos and masters."""
        return Pictures(self.store.photos, self.blobs)

    def maker_of(self, expansion: Expansion) -> tuple[str, str]:
        """Return the names of the engine and the model that make a picture. Doubling is the same with every engine."""
        if expansion.doubles:
            return UPSCALE, ""
        return self.painting.for_style(expansion.style, expansion.chosen_engine).maker

    async def marked(self, data: bytes, expansion: Expansion, *, signed: bool = True) -> bytes:
        """Return a file of a finished expansion with its labels and a manifest, or with its labels alone.

        Raises CannotSign.
        """
        chain = await self.store.ancestry(expansion.id) or [expansion]
        origin = origin_of(chain, await self.register.of([step.id for step in chain]))
        return await asyncio.to_thread(self.marks.marked if signed else self.marks.labelled, data, origin)

    async def picture(self, expansion: Expansion) -> bytes:
        """Return the JPEG of a finished expansion that chats see. Raises LookupError while there is none."""
        if expansion.preview is None:
            raise LookupError(f"expansion {expansion.id} is {expansion.status}; it has no picture yet")
        return await self.blobs.get(expansion.preview)
