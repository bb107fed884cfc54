"""The connection to Telegram: opened, then listened to."""

from __future__ import annotations

from contextlib import AsyncExitStack

import structlog
from telegram.constants import UpdateType
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError

from bot.chat.telegram.inbox import DurableQueue
from bot.chat.telegram.menu import set_menu
from bot.chat.telegram.visit import App
from bot.errors import CannotRun

UPDATES = [
    UpdateType.MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.INLINE_QUERY,
    UpdateType.MESSAGE_REACTION,
    UpdateType.MESSAGE_REACTION_COUNT,
    UpdateType.CHANNEL_POST,
    UpdateType.MY_CHAT_MEMBER,
]

log = structlog.get_logger()


async def connect(application: App, stack: AsyncExitStack) -> None:
    """Learn who the bot is, and show its menu. Raises CannotRun for a token that is not known, or without a network."""
    stack.push_async_callback(application.bot.shutdown)  # a refused application leaves its connections open
    try:
        await application.initialize()
    except InvalidToken:
        raise CannotRun("Telegram does not know this token; copy KUOTU_TELEGRAM_TOKEN from @BotFather again") from None
    except NetworkError as error:
        raise CannotRun(f"cannot reach the Bot API ({error}); check the network and KUOTU_TELEGRAM_API") from None
    stack.push_async_callback(application.shutdown)
    await set_menu(application.bot)


async def receive_updates(application: App, webhook: str, secret: str, stack: AsyncExitStack) -> None:
    """Handle updates: first what the last run left, then what comes to the webhook or, without one, is polled for."""
    await application.start()
    stack.push_async_callback(application.stop)
    if isinstance(application.update_queue, DurableQueue):
        await application.update_queue.recover(application.bot)
    if webhook:
        await application.bot.set_webhook(webhook, secret_token=secret, allowed_updates=UPDATES)
    elif application.updater is not None:
        await application.updater.start_polling(allowed_updates=UPDATES, error_callback=_polling_failed)
        stack.push_async_callback(application.updater.stop)


def _polling_failed(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        log.error("another program receives this bot's updates; stop it, or make a bot of your own with @BotFather")
    else:
        log.warning("polling.interrupted", reason=str(error))
