"""The composition root: the only file that names concrete classes of storage and inference; roles serve and work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import CannotRun
from bot.hosting import claim_folder, joining, this_program
from bot.jobs.expansions import Painter
from bot.jobs.films import FilmMaker, films_possible
from bot.jobs.loop import Loop
from bot.jobs.presence import Presence
from bot.keys import open_marks
from bot.services import DERIVED, Limits, Services
from bot.settings import Settings
from bot.supervisor import Supervisor
from bot.turns import LocalTurns
from bot.wordlist import WordList, read_words
from inference.engine import EngineUnavailable
from inference.film.scratch import sweep_scratch_folders
from inference.image.memory import return_large_blocks
from inference.registry import read_by
from inference.safety.verdict import Thresholds
from inference.worker.checks import Checks
from inference.worker.process import OPENER, EngineProcess
from inference.worker.protocol import EngineInfo
from storage.blobs import BlobsUnavailable, open_blobs
from storage.buckets import Buckets
from storage.cleanup.retention import Retention
from storage.cleanup.shelf import Shelf
from storage.cleanup.sweep import Sweep
from storage.database import DatabaseUnavailable, open_database
from storage.expansions import Store
from storage.gallery.anonymous import AnonymousCounts
from storage.gallery.applause import ApplauseStore
from storage.gallery.browsing import Galleries
from storage.gallery.moderation import Moderation
from storage.gallery.posts import GalleryStore
from storage.gallery.recipes import Recipes
from storage.jobs.expansions import EXPANSIONS
from storage.jobs.films import FILMS, FilmStore
from storage.jobs.news import CHAT, WORKER, News
from storage.jobs.opening import LOCAL, open_queue
from storage.jobs.queue import QueueUnavailable
from storage.jobs.workers import Workers
from storage.migrations import migrate, migrated
from storage.people.guests import Guests
from storage.people.inbox import Inbox
from storage.people.messages import Messages
from storage.people.people import People
from storage.people.turns import SharedTurns
from storage.register import Register

if TYPE_CHECKING:
    from bot.playground import Playground

log = structlog.get_logger()

PATIENCE = 2.0  # seconds between two looks whether the database has been migrated


@dataclass(frozen=True)
class Kuotu:
    """A running Kuotu."""

    address: str  # of the page, or the bot's @name; a worker's own name
    services: Services
    playground: Playground | None
    supervisor: Supervisor
    loops: Sequence[Loop] = ()  # that take jobs

    async def drained(self) -> None:
        """Return when no loop takes jobs any more, because the queue is empty and they were started to drain it."""
        await asyncio.gather(*(loop.ended.wait() for loop in self.loops))

    async def finish(self) -> None:
        """Take no new job, and return when the jobs in hand have ended."""
        await asyncio.gather(*(loop.finish() for loop in self.loops))


@asynccontextmanager
async def running(
    settings: Settings, *, work: bool = True, serve: bool = True, drain: bool = False, opener: str = OPENER
) -> AsyncIterator[Kuotu]:
    """Everything, started in order, stopped in reverse; `opener` opens engines in processes. Raises CannotRun.

    With `drain`, work ends when the queue is empty.
    """
    return_large_blocks()
    async with AsyncExitStack() as stack:
        try:
            yield await _start(settings, stack, work=work, serve=serve, drain=drain, opener=opener)
        except (DatabaseUnavailable, BlobsUnavailable, QueueUnavailable, EngineUnavailable) as error:
            raise CannotRun(str(error)) from error


@dataclass(frozen=True)
class Opened:
    """What both roles stand on."""

    services: Services
    inbox: Inbox
    engines: list[EngineProcess]
    news: News
    sweep: Sweep


async def _start(
    settings: Settings, stack: AsyncExitStack, *, work: bool, serve: bool, drain: bool, opener: str
) -> Kuotu:
    claim_folder(settings.data_dir, stack)
    supervisor = Supervisor()
    opened, program = await open_services(settings, stack, work=work, serve=serve, opener=opener), this_program()
    if work:
        await asyncio.to_thread(sweep_scratch_folders)
    async with joining(settings.database, stack) as alone:
        if alone:
            await _free_what_is_held(opened)
    if not serve:
        loops = _work(settings, opened, program, supervisor, stack, drain)
        return Kuotu(f"{program}, which paints", opened.services, None, supervisor, loops)
    from bot.serving import Serving  # the chat and the web, and with them Telegram, belong to this role alone

    serving = await Serving.open(settings, opened.services, opened.inbox, supervisor, stack)
    await serving.show_jobs(program, stack)
    serving.clean(opened.sweep, stack)
    serving.share_rate(opened.news, stack)
    loops = _work(settings, opened, program, supervisor, stack, drain)
    await serving.receive(stack)
    return Kuotu(serving.address, serving.services, serving.playground, supervisor, loops)


async def _free_what_is_held(opened: Opened) -> None:
    """No other program is there, so every lease is one of a former life, and need not be waited for."""
    services = opened.services
    await opened.inbox.free()
    await services.shelf.free()
    await services.queue.rescue(every_lease=True)
    if services.films is not None:
        await services.films.queue.rescue(every_lease=True)


def _work(
    settings: Settings, opened: Opened, program: str, supervisor: Supervisor, stack: AsyncExitStack, drain: bool
) -> Sequence[Loop]:
    """Hear of jobs, paint, and make films where expansions are painted."""
    services, engines = opened.services, opened.engines
    supervisor.start("news", opened.news.listen, stack)
    if not engines:
        return ()
    info = services.painting
    presence = Presence(services.workers, program, info.names, info.models, len(engines))
    supervisor.start("presence", presence.run, stack)
    loops = [Loop(f"{program}:{number}", Painter(services, engine), drain) for number, engine in enumerate(engines)]
    for number, loop in enumerate(loops):
        supervisor.start(f"engine {number}", loop.run, stack)
    if services.films is None:
        return loops
    maker = Loop(f"{program}:films", FilmMaker(services, services.films, settings.time_limit), drain)
    supervisor.start("film maker", maker.run, stack)
    return [*loops, maker]


async def _engines(settings: Settings, stack: AsyncExitStack, opener: str) -> list[EngineProcess]:
    """One process, which knows the devices, then one for each of the others."""
    thresholds = Thresholds(settings.safety_unsure, settings.safety_unsafe, settings.safety_suggestive)
    checks = Checks(settings.gate, settings.safety, thresholds, settings.surprise)
    engines: list[EngineProcess] = []
    wanted, limit = 1, settings.time_limit
    while len(engines) < wanted:
        engine = EngineProcess(
            settings.engine,
            settings.model,
            guests=settings.guests,
            time_limit=limit,
            opener=opener,
            checks=checks,
        )
        stack.push_async_callback(engine.close)
        wanted = settings.workers or (await engine.start()).devices
        engines.append(engine)
    return engines


async def open_services(
    settings: Settings, stack: AsyncExitStack, *, work: bool, serve: bool = False, opener: str = OPENER
) -> Opened:
    """Database, pictures, queue and engines, as the settings' URLs choose them."""
    database = await open_database(settings.database, pool=settings.database_pool)
    stack.push_async_callback(database.dispose)
    news, blobs = News(database, role=CHAT if serve else WORKER), open_blobs(settings.blobs, settings.blobs_outside)
    queue = open_queue(settings.queue_url, database, EXPANSIONS, news)
    films = FilmStore(database, open_queue(settings.queue_url, database, FILMS, news))
    await _tables(settings, database)
    engines = await _engines(settings, stack, opener) if work else []
    services = Services(
        store=Store(database),
        messages=Messages(database),
        people=People(database),
        gallery=GalleryStore(database),
        galleries=Galleries(database),
        queue=queue,
        blobs=blobs,
        shelf=Shelf(database, blobs, DERIVED),
        engine=_elsewhere(settings),
        processes=engines,
        limits=_limits(settings),
        moderation=Moderation(database),
        workers=Workers(database),
        words=_words(settings),
        retention=Retention(database, timedelta(days=settings.retention_days)),
        anonymous=AnonymousCounts(database),
        applause=ApplauseStore(database),
        recipes=Recipes(database),
        guests=Guests(database),
        buckets=Buckets(database),
        register=Register(database),
        marks=open_marks(settings),
        films=films if films_possible() else None,
        turns=SharedTurns(database) if database.dialect.name == "postgresql" else LocalTurns(),
    )
    return Opened(services, Inbox(database, news), engines, news, Sweep(database, blobs, this_program(), DERIVED))


def _elsewhere(settings: Settings) -> EngineInfo:
    """What is known of engines that run in other programs."""
    casting = settings.casting.items()
    return EngineInfo.of({s: EngineInfo(c.name.value, c.model, read_by(c.name, c.model)) for s, c in casting})


async def _tables(settings: Settings, database: AsyncEngine) -> None:
    """Migrate the tables, or wait for `kuotu migrate` where several programs start against one database."""
    if settings.queue_url == LOCAL:
        return await migrate(database)
    while not await migrated(database):
        log.warning("database.old", remedy="run `kuotu migrate`; this program starts as soon as that is done")
        await asyncio.sleep(PATIENCE)
    return None


def _limits(settings: Settings) -> Limits:
    admins = frozenset(settings.admins)
    return Limits(
        settings.max_megapixels,
        settings.quota,
        admins,
        settings.reports,
        settings.retention_days,
        settings.first_sheet,
    )


def _words(settings: Settings) -> WordList:
    try:
        return read_words(settings.words)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"KUOTU_WORDS={settings.words}: {error}; it is a UTF-8 text file, one word a line") from None
