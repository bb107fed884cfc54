"""Opens what the settings name. This is the only file that names concrete classes of storage and inference."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import CannotRun
from bot.hosting import this_program
from bot.jobs.films import films_possible
from bot.keys import open_marks
from bot.services import DERIVED, Limits, Services
from bot.settings import Settings
from bot.turns import LocalTurns
from bot.wordlist import WordList, read_words
from inference.casting import all_choices
from inference.registry import read_by
from inference.safety.verdict import Thresholds
from inference.worker.checks import Checks
from inference.worker.process import OPENER, EngineProcess
from inference.worker.protocol import EngineInfo
from storage.blobs import open_blobs
from storage.buckets import Buckets
from storage.cleanup.retention import Retention
from storage.cleanup.shelf import Shelf
from storage.cleanup.sweep import Sweep
from storage.database import open_database
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
from storage.jobs.workers import Workers
from storage.migrations import migrate, migrated
from storage.people.guests import Guests
from storage.people.inbox import Inbox
from storage.people.messages import Messages
from storage.people.people import People
from storage.people.turns import SharedTurns
from storage.register import Register

log = structlog.get_logger()

PATIENCE = 2.0  # seconds between two looks whether the database has been migrated


@dataclass(frozen=True)
class Opened:
    """What both roles stand on."""

    services: Services
    inbox: Inbox
    engines: list[EngineProcess]
    news: News
    sweep: Sweep


async def open_services(
    settings: Settings,
    stack: AsyncExitStack,
    *,
    work: bool,
    serve: bool = False,
    opener: str = OPENER,
    films: bool = True,
) -> Opened:
    """Database, pictures, queue and engines, as the settings' URLs choose them, and films if this program makes any."""
    database = await open_database(settings.database, pool=settings.database_pool)
    stack.push_async_callback(database.dispose)
    news, blobs = News(database, role=CHAT if serve else WORKER), open_blobs(settings.blobs, settings.blobs_outside)
    queue = open_queue(settings.queue_url, database, EXPANSIONS, news)
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
        films=_film_store(settings, database, news) if films and films_possible() else None,
        turns=SharedTurns(database) if database.dialect.name == "postgresql" else LocalTurns(),
    )
    return Opened(services, Inbox(database, news), engines, news, Sweep(database, blobs, this_program(), DERIVED))


def _film_store(settings: Settings, database: AsyncEngine, news: News) -> FilmStore:
    return FilmStore(database, open_queue(settings.queue_url, database, FILMS, news))


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
            offer=settings.engine_choice,
            guests=settings.guests,
            time_limit=limit,
            opener=opener,
            checks=checks,
        )
        stack.push_async_callback(engine.close)
        wanted = settings.workers or (await engine.start()).devices
        engines.append(engine)
    return engines


def _elsewhere(settings: Settings) -> EngineInfo:
    """What is known of engines that run in other programs."""
    choices = all_choices(settings.engine, settings.engine_choice, settings.model)
    infos = {n: EngineInfo(c.name.value, c.model, read_by(c.name, c.model)) for n, c in choices.items()}
    return EngineInfo.of(infos)


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
