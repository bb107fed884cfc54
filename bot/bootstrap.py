"""The composition root: the only file that names concrete classes."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from aiohttp import web

from bot.chat.app import build_application
from bot.chat.expand.delivery import Delivery
from bot.chat.expand.progress import StatusBoard
from bot.chat.film.delivery import FilmScreen
from bot.chat.gallery.redraw import Redrawing
from bot.chat.telegram.connection import connect, receive_updates
from bot.chat.telegram.outbox import Outbox
from bot.chat.telegram.visit import App
from bot.errors import CannotRun
from bot.hosting import claim_folder, free_port, listen, reachable, run_beside
from bot.jobs.expansions import Worker
from bot.jobs.films import FilmMaker, films_possible
from bot.jobs.retention import Keeper
from bot.playground import Playground
from bot.services import Limits, Services
from bot.settings import Settings
from bot.web.app import WEBHOOK_PATH, add_health, add_webhook, build_web, health
from bot.web.gallery import add_gallery, lead_to_gallery
from bot.wordlist import WordList, read_words
from inference.engine import EngineName, EngineUnavailable
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
from storage.jobs.films import FilmStore
from storage.jobs.queue import QueueUnavailable, open_queue
from storage.migrations import migrate
from storage.people.inbox import Inbox
from storage.people.messages import Messages
from storage.people.people import People


@dataclass(frozen=True)
class Kuotu:
    """A running Kuotu."""

    address: str  # of the page, or the bot's @name
    services: Services
    playground: Playground | None


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


async def _start(settings: Settings, stack: AsyncExitStack, *, work: bool, serve: bool, opener: str) -> Kuotu:
    if not serve and not settings.on_telegram:
        raise CannotRun("a worker delivers to Telegram; set KUOTU_TELEGRAM_TOKEN, or use `kuotu run`")
    claim_folder(settings.data_dir, stack)
    services, inbox, engines = await open_services(settings, stack, work=work, opener=opener)
    playground = await _playground(settings, stack)
    token = settings.telegram_token.get_secret_value() or (playground.token if playground else "")
    port = settings.port if settings.port or not serve else free_port(settings.host)
    api = settings.telegram_api if settings.on_telegram else f"http://{reachable(settings.host)}:{port}"
    services = replace(services, pages=_pages(settings, api))
    application = build_application(services, inbox, token=token, api=api)
    secret = settings.webhook_secret.get_secret_value() or secrets.token_urlsafe(32)
    if serve:
        await listen(_web(settings, services, application, playground, secret), settings.host, port, stack)
    await connect(application, stack)
    await _work(settings, services, engines, application, stack)
    if serve:
        await receive_updates(application, _webhook(settings), secret, stack)
    return Kuotu(f"@{application.bot.username}" if settings.on_telegram else f"{api}/", services, playground)


async def _work(
    settings: Settings, services: Services, engines: list[EngineProcess], application: App, stack: AsyncExitStack
) -> None:
    """Recover what a crash has left, then paint and deliver."""
    outbox = Outbox(services.turns)
    board = StatusBoard(services, application.bot, outbox)
    delivery = Delivery(services, application.bot, outbox)
    stack.push_async_callback(outbox.close)
    if engines:  # on SQLite we are the only program, so every lease is one of a former life
        await services.queue.rescue(every_lease=settings.database.startswith("sqlite"))
    await delivery.recover()
    await run_beside(delivery.run(), stack)
    await run_beside(Redrawing(services, application.bot, outbox).run(), stack)
    if settings.retention_days:
        await run_beside(Keeper(services).run(), stack)
    program = f"{socket.gethostname()}:{os.getpid()}"
    for number, engine in enumerate(engines):
        await run_beside(Worker(f"{program}:{number}", services, engine, board).run(), stack)
    if engines and services.films is not None:
        screen = FilmScreen(services, services.films, application.bot, outbox)
        await _make_films(settings, services, services.films, screen, program, stack)


async def _make_films(
    settings: Settings, services: Services, films: FilmStore, screen: FilmScreen, program: str, stack: AsyncExitStack
) -> None:
    """Where expansions are painted, films are made."""
    if settings.database.startswith("sqlite"):
        await films.rescue()
    await run_beside(FilmMaker(program, services, films, screen, settings.time_limit).run(), stack)


def _web(
    settings: Settings, services: Services, application: App, playground: Playground | None, secret: str
) -> web.Application:
    app = build_web()
    if playground is not None:
        playground.add_routes(app, allowed_hosts=settings.hosts)
    if settings.webhook_url:
        add_webhook(app, application, secret)
    add_health(app, lambda: health(services, settings))
    bot = application.bot
    add_gallery(
        app,
        services,
        bot.token,
        lambda payload: _chat(f"https://t.me/{bot.username}" if settings.on_telegram else "/", payload),
        settings.public_url,
    )
    if playground is None:
        lead_to_gallery(app)
    return app


def _pages(settings: Settings, api: str) -> str:
    """Where people find the web pages; nowhere on Telegram, which opens only https, without a public address."""
    public = settings.public_url or settings.webhook_url
    return (public if public.startswith("https://") else "") if settings.on_telegram else public or api


def _chat(address: str, payload: str) -> str:
    """A link that opens the chat and, when there is a payload, says it to /start."""
    return f"{address}?start={payload}" if payload else address


def _webhook(settings: Settings) -> str:
    """Where Telegram delivers updates; nowhere while they are polled."""
    return settings.webhook_url and settings.webhook_url.rstrip("/") + WEBHOOK_PATH


async def _engines(settings: Settings, stack: AsyncExitStack, opener: str) -> list[EngineProcess]:
    """One process, which knows the devices, then one for each of the others."""
    thresholds = Thresholds(settings.safety_unsure, settings.safety_unsafe, settings.safety_suggestive)
    checks = Checks(settings.gate, settings.safety, thresholds, settings.surprise)
    engines: list[EngineProcess] = []
    wanted, limit = 1, settings.time_limit
    while len(engines) < wanted:
        engine = EngineProcess(settings.engine, settings.model, time_limit=limit, opener=opener, checks=checks)
        stack.push_async_callback(engine.close)
        wanted = settings.workers or (await engine.start()).devices
        engines.append(engine)
    return engines


async def open_services(
    settings: Settings, stack: AsyncExitStack, *, work: bool, opener: str = OPENER
) -> tuple[Services, Inbox, list[EngineProcess]]:
    """Database, pictures, queue and engines, as the settings' URLs choose them."""
    database = await open_database(settings.database)
    stack.push_async_callback(database.dispose)
    await migrate(database)
    queue, blobs = open_queue(settings.queue_url, database), open_blobs(settings.blobs)
    engines = await _engines(settings, stack, opener) if work else []
    elsewhere = EngineInfo(settings.engine.value, settings.model, settings.engine is EngineName.DIFFUSION)
    services = Services(
        Store(database),
        Messages(database),
        People(database),
        GalleryStore(database),
        Galleries(database),
        queue,
        blobs,
        (engines[0].info if engines else None) or elsewhere,
        _limits(settings),
        Moderation(database),
        _words(settings),
        Retention(database, timedelta(days=settings.retention_days)),
        AnonymousCounts(database),
        FilmStore(database) if films_possible() else None,
    )
    return services, Inbox(database), engines


def _limits(settings: Settings) -> Limits:
    admins = frozenset(settings.admins)
    return Limits(settings.max_megapixels, settings.quota, admins, settings.reports, settings.retention_days)


def _words(settings: Settings) -> WordList:
    try:
        return read_words(settings.words)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"KUOTU_WORDS={settings.words}: {error}; it is a UTF-8 text file, one word a line") from None


async def _playground(settings: Settings, stack: AsyncExitStack) -> Playground | None:
    if settings.on_telegram and settings.playground != "always":
        return None
    playground = await Playground.open(settings.data_dir / "playground")
    stack.push_async_callback(playground.close)
    return playground
