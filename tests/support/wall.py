"""The gallery's web site with posts like those that the bot publishes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import ClientSession, web
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.error import TelegramError
from yarl import URL

from bot.marks import Marks
from bot.services import DERIVED, Limits, Services
from bot.web.door import Door
from bot.web.gallery import add_gallery
from bot.web.rate import RATE, Allowance, Network
from bot.wordlist import WordList
from inference.canvas import Extent
from inference.engine import EngineName, Pixels, Reads, Request, Style
from inference.growth import Direction, scaled
from inference.marks.keyring import make
from inference.worker.protocol import EngineInfo
from storage.blobs import Blobs, open_blobs
from storage.buckets import Buckets, Rate
from storage.cleanup.retention import Retention
from storage.cleanup.shelf import Shelf
from storage.database import open_database
from storage.expansions import Store
from storage.gallery.anonymous import AnonymousCounts
from storage.gallery.applause import ApplauseStore
from storage.gallery.browsing import Galleries
from storage.gallery.moderation import Moderation, Reported
from storage.gallery.posts import GalleryStore
from storage.gallery.recipes import Recipes
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.expansions import EXPANSIONS, recorded
from storage.jobs.films import FILMS, FilmStore
from storage.jobs.workers import Workers
from storage.models import Expansion, Feeling, FilmKind, Person, Photo, Post, Status
from storage.people.guests import Guests
from storage.people.messages import Messages
from storage.people.people import People
from storage.register import Register
from tests.support.blind_engine import open_engine
from tests.support.databases import new_sqlite
from tests.support.photos import SAMPLES

TOKEN = "7000000001:a-token-of-this-run"
ANN, BOB, MEI = 1, 2, 3


@dataclass(frozen=True)
class BeforeAfter:
    """A photo and its expansion."""

    before: Pixels
    after: Pixels
    direction: Direction = Direction.ALL
    style: Style = Style.WILD
    margins: tuple[int, int, int, int] = (0, 0, 0, 0)
    words: tuple[str, ...] = ()


def paint(name: str, direction: Direction, style: Style, longest: int = 120, scale: float = 1.5) -> BeforeAfter:
    """Return a small sample photo, expanded by PatchMatch."""
    photo = Image.open(SAMPLES / f"{name}.jpg").convert("RGB")
    photo.thumbnail((longest, longest))
    return paint_further(np.array(photo), direction, style, scale)


def paint_further(before: Pixels, direction: Direction, style: Style, scale: float = 1.25) -> BeforeAfter:
    margins = scaled(Extent.of(before), direction, scale)
    engine = open_engine(EngineName.PATCHMATCH)
    after = engine.expand(Request(before, margins, style, seed=3), lambda _fraction: None).pixels
    around = (margins.left, margins.top, margins.right, margins.bottom)
    return BeforeAfter(before, after, direction, style, around)


def flat(width: int, height: int, colour: int = 90) -> BeforeAfter:
    """Return a flat-coloured picture, for tests where only the size counts."""
    after = np.full((height, width, 3), colour, np.uint8)
    quarter = width // 4, height // 4
    inner = after[quarter[1] : height - quarter[1], quarter[0] : width - quarter[0]]
    return BeforeAfter(inner, after, margins=(*quarter, *quarter))


def encoded(pixels: Pixels, kind: str) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, kind, quality=90)
    return out.getvalue()


@dataclass
class Wall:
    """A running site and the storage behind it."""

    url: str
    services: Services
    door: Door
    client: ClientSession
    database: AsyncEngine
    told: list[tuple[int, Reported]]  # the reports that the moderators heard of, and the ids of their posts
    _posted: list[int] = field(default_factory=list)

    def ration(self, burst: float, clock: Callable[[], float] = lambda: 0.0) -> None:
        """Let each client have this many tokens, by a clock that may stand still."""
        self.door.allowance = Allowance(Buckets(self.database, clock), Rate(burst, RATE.per_second), clock)

    async def make(self, painted: BeforeAfter, author: int = ANN, source: Photo | None = None) -> Expansion:
        """Return a finished expansion that is not published."""
        store, blobs = self.services.store, self.services.blobs
        if source is None:
            source = await store.photos.add(await _photo(blobs, author, painted.before))
        left, top, right, bottom = painted.margins
        asked = Expansion(
            key=f"k{author}-{source.id}-{len(self._posted)}",
            person_id=author,
            chat_id=author,
            source_id=source.id,
            direction=painted.direction,
            scale=1.5,
            style=painted.style,
            seed=3,
            left=left,
            top=top,
            right=right,
            bottom=bottom,
        )
        self._posted.append(source.id)
        (started,) = await store.start([asked], quota=None) or ()
        await store.place([started.id], 100)
        taken = await self.services.queue.take("painter")
        assert taken is not None
        assert taken.subject == started.id
        preview = await blobs.put(encoded(painted.after, "JPEG"), ".jpg")
        result = await _photo(blobs, author, painted.after)
        made = recorded(started.id, result=result, preview=preview, words=list(painted.words))
        assert await self.services.queue.finish(taken, Status.DONE, made)
        finished = await store.expansion(started.id)
        assert finished is not None
        return finished

    async def publish(self, made: Expansion, title: str = "", prior: float = 0.5) -> Post:
        post = await self.services.gallery.publish(made.id, made.person_id, title, prior)
        assert post is not None
        return post

    async def hang(self, painted: BeforeAfter, title: str = "", author: int = ANN, **more: Any) -> Post:
        """Make an expansion and publish it."""
        prior = more.pop("prior", 0.5)
        return await self.publish(await self.make(painted, author, **more), title, prior)

    async def feel(self, post: Post, feelings: str) -> None:
        """Add one reaction per emoji, each by a person of its own."""
        for number, emoji in enumerate(feelings):
            await self.services.people.see(5000 + number, f"visitor {number}")
            await self.services.gallery.react(post.expansion_id, 5000 + number, Feeling(emoji))

    async def film(self, post: Post, kind: FilmKind, movie: bytes, poster: bytes) -> None:
        """Store a finished film of a post, as the film job does."""
        films, preview = self.services.films, post.expansion.preview
        assert films is not None
        assert preview is not None
        await films.want(post.expansion_id, [kind])
        taken = await films.queue.take("maker")
        assert taken is not None
        await self.services.blobs.put_at(kind.poster(preview), poster)
        await self.services.blobs.put_at(kind.movie(preview), movie)
        assert await films.queue.finish(taken, Status.DONE)

    async def get(self, path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body of a GET request; the path is sent exactly as given."""
        address = URL(self.url + path, encoded=True)
        async with self.client.get(address, headers=headers, allow_redirects=False) as answer:
            return answer.status, answer.headers, await answer.read()

    async def say(self, path: str, body: Any, init_data: str | None = None) -> tuple[int, Any]:
        """Send a request as the Mini App does; return the status and the JSON, or the text of a refusal."""
        headers = {"Authorization": f"tma {init_data}"} if init_data is not None else {}
        async with self.client.post(self.url + path, json=body, headers=headers) as answer:
            return answer.status, await (answer.json() if answer.content_type == "application/json" else answer.text())


async def _photo(blobs: Blobs, author: int, pixels: Pixels) -> Photo:
    master, thumb = await asyncio.gather(
        blobs.put(encoded(pixels, "PNG"), ".png"), blobs.put(encoded(pixels, "JPEG"), ".jpg")
    )
    return Photo(person_id=author, blob=master, thumb=thumb, width=pixels.shape[1], height=pixels.shape[0])


@asynccontextmanager
async def wall_in(
    folder: Path,
    names: Sequence[str] = ("Ann", "Ben", "小梅"),
    public_url: str = "",
    hosts: Sequence[str] = (),
    proxies: Sequence[Network] = (),
    prepared: str | TelegramError | None = None,
    blobs: Blobs | None = None,
) -> AsyncIterator[Wall]:
    """Run a site without posts; `names` are its people, whose ids count from 1.

    `prepared` is what Telegram answers when a message is prepared to be shared.
    """
    database = await open_database(new_sqlite(folder))
    services = services_on(database, blobs or open_blobs(str(folder / "blobs")))
    for number, name in enumerate(names, 1):
        await services.people.see(number, name)
    app = web.Application()
    chat = lambda payload: f"https://t.me/kuotu_bot{payload and f'?start={payload}'}"  # noqa: E731
    told: list[tuple[int, Reported]] = []

    async def tell(post: Post, said: Reported) -> None:
        told.append((post.id, said))

    async def prepare(post: Post, person: Person) -> str | None:
        if isinstance(prepared, TelegramError):
            raise prepared
        return prepared and f"{prepared} {post.id} {person.id}"

    door = add_gallery(app, services, TOKEN, chat, tell, prepare, public_url, hosts, proxies)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with ClientSession() as client:
            yield Wall(f"http://127.0.0.1:{runner.addresses[0][1]}", services, door, client, database, told)
    finally:
        await runner.cleanup()
        await database.dispose()


def services_on(database: AsyncEngine, blobs: Blobs) -> Services:
    return Services(
        store=Store(database),
        messages=Messages(database),
        people=People(database),
        gallery=GalleryStore(database),
        galleries=Galleries(database),
        queue=EmbeddedQueue(database, EXPANSIONS),
        blobs=blobs,
        shelf=Shelf(database, blobs, DERIVED),
        engine=EngineInfo("patchmatch", "", Reads.NOTHING),
        limits=Limits(40, 50, frozenset()),
        moderation=Moderation(database),
        workers=Workers(database),
        words=WordList(frozenset()),
        retention=Retention(database, timedelta(days=90)),
        anonymous=AnonymousCounts(database),
        applause=ApplauseStore(database),
        recipes=Recipes(database),
        guests=Guests(database),
        buckets=Buckets(database),
        register=Register(database),
        marks=Marks(make(datetime.now(UTC)), "Kuotu"),
        films=FilmStore(database, EmbeddedQueue(database, FILMS)),
    )
