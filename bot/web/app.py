"""The HTTP server, and Telegram's webhook."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from aiohttp import web
from telegram import Update

from bot.chat.telegram.updates import update_in
from bot.chat.telegram.visit import Bot
from bot.web.body import reading

Receive: TypeAlias = Callable[[Sequence[Update]], Awaitable[None]]

STORED_WITHIN = 20.0  # seconds; Telegram gives up a delivery after about a minute
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
WEBHOOK_PATH = "/telegram"


def build_web() -> web.Application:
    """Return an application that accepts bodies of up to 64 MiB."""
    return web.Application(client_max_size=64 * 2**20)


def add_webhook(app: web.Application, bot: Bot, receive: Receive, secret: str) -> None:
    """Receive Telegram's updates. A request without the secret gets a 403.

    While an update cannot be stored the answer is 503, and Telegram delivers it again.
    """

    async def post(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace"), secret.encode()):
            return web.Response(status=403)
        with reading("the body"):
            sent = await request.read()
        try:
            update = update_in(json.loads(sent), bot)
        except (ValueError, RecursionError):
            return web.Response(status=400)
        try:
            async with asyncio.timeout(STORED_WITHIN):
                await receive([update])
        except TimeoutError:
            return web.Response(status=503)
        return web.Response()

    app.router.add_post(WEBHOOK_PATH, post)
