"""The serving role: the chat, the web, and what both show of the jobs. Only `bot/bootstrap.py` starts it."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial

from aiohttp import web

from bot.chat.admin.reports import heard
from bot.chat.app import build_application, give_up, handle
from bot.chat.expand.delivery import Delivery
from bot.chat.expand.progress import StatusBoard
from bot.chat.film.delivery import FilmScreen
from bot.chat.film.request import film_of_steps
from bot.chat.gallery.applause import Applauding
from bot.chat.gallery.redraw import Redrawing
from bot.chat.gallery.share import prepared
from bot.chat.telegram.connection import connect
from bot.chat.telegram.dispatcher import Dispatcher
from bot.chat.telegram.limiter import Limiter
from bot.chat.telegram.menu import set_menu
from bot.chat.telegram.outbox import Outbox
from bot.chat.telegram.retry import until_accepted
from bot.chat.telegram.share import Share
from bot.chat.telegram.updates import Polling, set_webhook, update_in
from bot.chat.telegram.visit import App
from bot.hosting import free_port, reachable
from bot.jobs.collector import Collector
from bot.jobs.retention import Keeper
from bot.jobs.watch import Watch
from bot.listening import listen
from bot.playground import Playground
from bot.services import Services
from bot.settings import Settings
from bot.supervisor import Supervisor, Work
from bot.web.app import WEBHOOK_PATH, add_webhook, build_web
from bot.web.gallery import add_gallery, lead_to_gallery
from bot.web.health import Health, add_health
from bot.web.metrics import add_metrics
from storage.cleanup.sweep import Sweep
from storage.jobs.news import News
from storage.people.inbox import Inbox


@dataclass(frozen=True)
class Serving:
    """A program that people reach."""

    settings: Settings
    services: Services
    application: App
    limiter: Limiter
    dispatcher: Dispatcher
    supervisor: Supervisor
    playground: Playground | None
    address: str  # of the page, or the bot's @name
    secret: str  # that Telegram shows at the webhook

    @classmethod
    async def open(
        cls, settings: Settings, services: Services, inbox: Inbox, supervisor: Supervisor, stack: AsyncExitStack
    ) -> Serving:
        """Open the playground, the web and the connection to Telegram. Raises CannotRun."""
        playground = await _playground(settings, stack)
        token = settings.telegram_token.get_secret_value() or (playground.token if playground else "")
        port = settings.port or free_port(settings.host)
        api = settings.telegram_api if settings.on_telegram else f"http://{reachable(settings.host)}:{port}"
        services = replace(services, pages=_pages(settings, api))
        limiter = Limiter(overall=settings.telegram_rate)
        application = build_application(services, token=token, api=api, limiter=limiter)
        dispatcher = _dispatcher(services, application, inbox, supervisor)
        secret = settings.secret_for(token)
        serving = cls(settings, services, application, limiter, dispatcher, supervisor, playground, f"{api}/", secret)
        await listen(serving._web(), settings.host, port, stack)
        await connect(application, supervisor.clock, stack)
        return replace(serving, address=f"@{application.bot.username}") if settings.on_telegram else serving

    async def show_jobs(self, program: str, stack: AsyncExitStack) -> None:
        """Place, deliver and redraw; what a program before this one has begun comes first."""
        services, bot = self.services, self.application.bot
        outbox = Outbox(services.turns, room=self.limiter.until_room)
        stack.push_async_callback(outbox.close)
        board, film = StatusBoard(services, bot, outbox), partial(film_of_steps, services, bot)
        delivery = Delivery(services, bot, outbox, board, film)
        self._keep("expansions", Watch(program, services.queue, delivery, services.shortage).run, stack)
        if services.films is not None:
            screen = FilmScreen(services, services.films, bot, outbox)
            self._keep("films", Watch(program, services.films.queue, screen, services.shortage).run, stack)
        self._keep("shortage", partial(services.shortage.watch, services.workers), stack)
        self._keep("redrawing", Redrawing(services, bot, outbox).run, stack)
        self._keep("applause", Applauding(services, bot, self.supervisor.clock).run, stack)
        if self.settings.retention_days:
            self._keep("retention", Keeper(services).run, stack)

    def share_rate(self, news: News, stack: AsyncExitStack) -> None:
        """Leave other programs that serve the same bot their part of its rate."""
        share = Share(self.settings.telegram_rate, self.limiter, news, self.supervisor.clock)
        self._keep("rate", share.run, stack)

    def clean(self, sweep: Sweep, stack: AsyncExitStack) -> None:
        """Delete the blobs that no row needs any more, beside everything else."""
        collector = Collector(self.services, sweep)
        self._keep("collector", collector.run, stack)
        self._keep("search for blobs", collector.search, stack)

    async def receive(self, stack: AsyncExitStack) -> None:
        """Handle what the last run left and what Telegram sends. Nothing that fails here stops the start."""
        bot, dispatcher, conditions = self.application.bot, self.dispatcher, self.supervisor.conditions
        self._keep("dispatcher", dispatcher.run, stack)
        self._keep("held updates", dispatcher.hold, stack)
        stack.push_async_callback(dispatcher.drain)
        self._keep("shared updates", dispatcher.share, stack)
        self._keep("old updates", dispatcher.sweep, stack)
        clock = self.supervisor.clock
        self._keep("menu", lambda: until_accepted("menu", lambda: set_menu(bot), conditions, clock), stack)
        if url := _webhook(self.settings):
            hook = partial(set_webhook, bot, url, self.secret)
            self._keep("webhook", lambda: until_accepted("webhook", hook, conditions, clock), stack)
        else:
            self._keep("polling", Polling(bot, dispatcher, conditions, clock).run, stack)

    def _keep(self, name: str, work: Work, stack: AsyncExitStack) -> None:
        self.supervisor.start(name, work, stack)

    def _web(self) -> web.Application:
        settings, services, bot = self.settings, self.services, self.application.bot
        app = build_web()
        if self.playground is not None:
            self.playground.add_routes(app, allowed_hosts=settings.hosts)
        if settings.webhook_url:
            add_webhook(app, bot, self.dispatcher.receive, self.secret)
        add_health(app, Health(services, settings, self.supervisor.conditions))
        if (metrics := settings.metrics.get_secret_value()) or not settings.on_telegram:
            add_metrics(app, metrics)
        add_gallery(
            app,
            services,
            bot.token,
            lambda payload: _chat(f"https://t.me/{bot.username}" if settings.on_telegram else "/", payload),
            partial(heard, services, bot),
            partial(prepared, services, bot),
            settings.public_url or settings.webhook_url,
            settings.hosts,
            settings.proxies,
        )
        if self.playground is None:
            lead_to_gallery(app)
        return app


def _dispatcher(services: Services, application: App, inbox: Inbox, supervisor: Supervisor) -> Dispatcher:
    bot = application.bot
    return Dispatcher(
        inbox,
        parse=lambda body: update_in(json.loads(body), bot),
        handle=partial(handle, application),
        give_up=partial(give_up, services, bot),
        conditions=supervisor.conditions,
        clock=supervisor.clock,
    )


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
