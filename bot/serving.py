"""The serving role: the chat, the web, and what both show of the jobs. Only `bot/bootstrap.py` starts it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from aiohttp import web

from bot.chat.app import build_application
from bot.chat.expand.delivery import Delivery
from bot.chat.expand.progress import StatusBoard
from bot.chat.film.delivery import FilmScreen
from bot.chat.gallery.redraw import Redrawing
from bot.chat.telegram.connection import connect, receive_updates
from bot.chat.telegram.outbox import Outbox
from bot.chat.telegram.visit import App
from bot.hosting import free_port, listen, reachable, run_beside
from bot.jobs.retention import Keeper
from bot.jobs.watch import Watch
from bot.playground import Playground
from bot.services import Services
from bot.settings import Settings
from bot.web.app import WEBHOOK_PATH, add_health, add_webhook, build_web, health
from bot.web.gallery import add_gallery, lead_to_gallery
from storage.people.inbox import Inbox


@dataclass(frozen=True)
class Serving:
    """A program that people reach."""

    settings: Settings
    services: Services
    application: App
    playground: Playground | None
    address: str  # of the page, or the bot's @name
    secret: str  # that Telegram shows at the webhook

    @classmethod
    async def open(cls, settings: Settings, services: Services, inbox: Inbox, stack: AsyncExitStack) -> Serving:
        """Open the playground, the web and the connection to Telegram. Raises CannotRun."""
        playground = await _playground(settings, stack)
        token = settings.telegram_token.get_secret_value() or (playground.token if playground else "")
        port = settings.port or free_port(settings.host)
        api = settings.telegram_api if settings.on_telegram else f"http://{reachable(settings.host)}:{port}"
        services = replace(services, pages=_pages(settings, api))
        application = build_application(services, inbox, token=token, api=api)
        secret = settings.secret_for(token)
        await listen(_web(settings, services, application, playground, secret), settings.host, port, stack)
        await connect(application, stack)
        address = f"@{application.bot.username}" if settings.on_telegram else f"{api}/"
        return cls(settings, services, application, playground, address, secret)

    async def show_jobs(self, program: str, stack: AsyncExitStack) -> None:
        """Place, deliver and redraw; what a program before this one has begun comes first."""
        services, bot, outbox = self.services, self.application.bot, Outbox(self.services.turns)
        stack.push_async_callback(outbox.close)
        delivery = Delivery(services, bot, outbox, StatusBoard(services, bot, outbox))
        await run_beside(Watch(program, services.queue, delivery).run(), stack)
        if services.films is not None:
            screen = FilmScreen(services, services.films, bot, outbox)
            await run_beside(Watch(program, services.films.queue, screen).run(), stack)
        await run_beside(Redrawing(services, bot, outbox).run(), stack)
        if self.settings.retention_days:
            await run_beside(Keeper(services).run(), stack)

    async def receive(self, stack: AsyncExitStack) -> None:
        await receive_updates(self.application, _webhook(self.settings), self.secret, stack)


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


async def _playground(settings: Settings, stack: AsyncExitStack) -> Playground | None:
    if settings.on_telegram and settings.playground != "always":
        return None
    playground = await Playground.open(settings.data_dir / "playground")
    stack.push_async_callback(playground.close)
    return playground
