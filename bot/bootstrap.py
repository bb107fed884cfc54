"""The composition root: the only file that names concrete classes of storage and inference; roles serve and work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import CannotRun
from bot.hosting import claim_folder, joining, this_program
from bot.jobs.expansions import Painter
from bot.jobs.films import FilmMaker, films_possible
from bot.jobs.loop import Loop
from bot.services import Limits, Services
from bot.settings import Settings
from bot.supervisor import Supervisor
from bot.wordlist import WordList, read_words
from inference.engine import EngineName, EngineUnavailable
from inference.film.scratch import sweep_scratch_folders
from inference.image.memory import return_large_blocks
from inference.safety.verdict import Thresholds
from inference.worker.checks import Checks
from inference.worker.process import OPENER, EngineProcess
from inference.worker.protocol import EngineInfo
from storage.blobs import BlobsUnavailable, open_blobs
from storage.cleanup.retention import Retention
from storage.database import DatabaseUnavailable, open_database
from storage.expansions import Store
from storage.gallery.anonymous import AnonymousCounts
from storage.gallery.browsing import Galleries
from storage.gallery.moderation import Moderation
from storage.gallery.posts import GalleryStore
from storage.jobs.embedded import open_queue
from storage.jobs.expansions import EXPANSIONS
from storage.jobs.films import FILMS, FilmStore
from storage.jobs.news import News
from storage.jobs.queue import QueueUnavailable
from storage.migrations import migrate
from storage.people.inbox import Inbox
from storage.people.messages import Messages
from storage.people.people import People

if TYPE_CHECKING:
    from bot.playground import Playground


@dataclass(frozen=True)
class Kuotu:
    """A running Kuotu."""

    address: str  # of the page, or the bot's @name; a worker's own name
    services: Services
    playground: Playground | None
    supervisor: Supervisor


@asynccontextmanager
async def running(
    settings: Settings, *, work: bool = True, serve: bool = True, opener: str = OPENER
) -> AsyncIterator[Kuotu]:
    """Everything, started in order, stopped in reverse; `opener` opens engines in processes. Raises CannotRun."""
    return_large_blocks()
    async with AsyncExitStack() as stack:
        try:
            yield await _start(settings, stack, work=work, serve=serve, opener=opener)
        except (DatabaseUnavailable, BlobsUnavailable, QueueUnavailable, EngineUnavailable) as error:
            raise CannotRun(str(error)) from error


@dataclass(frozen=True)
class Opened:
    """What both roles stand on."""

    services: Services
    inbox: Inbox
    engines: list[EngineProcess]
    news: News


async def _start(settings: Settings, stack: AsyncExitStack, *, work: bool, serve: bool, opener: str) -> Kuotu:
    claim_folder(settings.data_dir, stack)
    supervisor = Supervisor()
    opened, program = await open_services(settings, stack, work=work, opener=opener), this_program()
    if work:
        await asyncio.to_thread(sweep_scratch_folders)
    async with joining(settings.database, stack) as alone:
        if alone:
            await _free_what_is_held(opened.services)
    if not serve:
        _work(settings, opened, program, supervisor, stack)
        return Kuotu(f"{program}, which paints", opened.services, None, supervisor)
    from bot.serving import Serving  # the chat and the web, and with them Telegram, belong to this role alone

    serving = await Serving.open(settings, opened.services, opened.inbox, supervisor, stack)
    await serving.show_jobs(program, stack)
    _work(settings, opened, program, supervisor, stack)
    await serving.receive(stack)
    return Kuotu(serving.address, serving.services, serving.playground, supervisor)


async def _free_what_is_held(services: Services) -> None:
    """No other program is there, so every lease is one of a former life, and need not be waited for."""
    await services.queue.rescue(every_lease=True)
    if services.films is not None:
        await services.films.queue.rescue(every_lease=True)


def _work(settings: Settings, opened: Opened, program: str, supervisor: Supervisor, stack: AsyncExitStack) -> None:
    """Hear of jobs, paint, and make films where expansions are painted."""
    services, engines = opened.services, opened.engines
    supervisor.start("news", opened.news.listen, stack)
    for number, engine in enumerate(engines):
        supervisor.start(f"engine {number}", Loop(f"{program}:{number}", Painter(services, engine)).run, stack)
    if engines and services.films is not None:
        maker = FilmMaker(services, services.films, settings.time_limit)
        supervisor.start("film maker", Loop(f"{program}:films", maker).run, stack)


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


async def open_services(settings: Settings, stack: AsyncExitStack, *, work: bool, opener: str = OPENER) -> Opened:
    """Database, pictures, queue and engines, as the settings' URLs choose them."""
    database = await open_database(settings.database)
    stack.push_async_callback(database.dispose)
    await migrate(database)
    news, blobs = News(database), open_blobs(settings.blobs)
    queue = open_queue(settings.queue_url, database, EXPANSIONS, news)
    films = FilmStore(database, open_queue(settings.queue_url, database, FILMS, news))
    engines = await _engines(settings, stack, opener) if work else []
    elsewhere = EngineInfo(settings.engine.value, settings.model, settings.engine is EngineName.DIFFUSION)
    services = Services(
        store=Store(database),
        messages=Messages(database),
        people=People(database),
        gallery=GalleryStore(database),
        galleries=Galleries(database),
        queue=queue,
        blobs=blobs,
        engine=(engines[0].info if engines else None) or elsewhere,
        limits=_limits(settings),
        moderation=Moderation(database),
        words=_words(settings),
        retention=Retention(database, timedelta(days=settings.retention_days)),
        anonymous=AnonymousCounts(database),
        films=films if films_possible() else None,
    )
    return Opened(services, Inbox(database), engines, news)


def _limits(settings: Settings) -> Limits:
    admins = frozenset(settings.admins)
    return Limits(settings.max_megapixels, settings.quota, admins, settings.reports, settings.retention_days)


def _words(settings: Settings) -> WordList:
    try:
        return read_words(settings.words)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"KUOTU_WORDS={settings.words}: {error}; it is a UTF-8 text file, one word a line") from None
