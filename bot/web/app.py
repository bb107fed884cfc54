"""The HTTP server: health, Telegram's webhook, and the playground if there is no bot token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable

import structlog
import telegram
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.chat.telegram.visit import App
from bot.services import Services
from bot.settings import Settings

log = structlog.get_logger()

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
WEBHOOK_PATH = "/telegram"


def build_web() -> web.Application:
    """Return an application that accepts bodies of up to 64 MiB."""
    return web.Application(client_max_size=64 * 2**20)


def add_health(app: web.Application, healthy: Callable[[], Awaitable[dict[str, object]]]) -> None:
    """Serve `/healthz` for load balancers."""

    async def healthz(_request: web.Request) -> web.Response:
        facts = await healthy()
        return web.json_response(facts, status=200 if facts["ok"] else 503)

    app.router.add_get("/healthz", healthz)


def add_webhook(app: web.Application, application: App, secret: str) -> None:
    """Receive Telegram's updates. A request without the secret gets a 403."""

    async def receive(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace"), secret.encode()):
            return web.Response(status=403)
        try:
            update = telegram.Update.de_json(dict(json.loads(await request.read())), application.bot)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return web.Response(status=400)
        if update is None or not 0 <= update.update_id < 2**63:
            return web.Response(status=400)
        await application.update_queue.put(update)
        return web.Response()

    app.router.add_post(WEBHOOK_PATH, receive)


async def health(services: Services, settings: Settings) -> dict[str, object]:
    """Return whether the database answers, and how long the queue is."""
    facts = {"engine": services.engine.name, "telegram": settings.on_telegram}
    try:
        counts = await services.queue.counts()
    except (SQLAlchemyError, OSError) as error:
        log.error("health.database", reason=str(error))
        return {"ok": False, **facts}
    return {"ok": True, **facts, **{status.value: count for status, count in counts.items()}}
