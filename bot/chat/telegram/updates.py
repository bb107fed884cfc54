"""Receives updates from Telegram: long polling, or the webhook where one is set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import structlog
import telegram
from telegram.constants import UpdateType
from telegram.error import Conflict, RetryAfter, TelegramError

from bot.chat.telegram.dispatcher import Dispatcher
from bot.chat.telegram.outcome import pause_of
from bot.chat.telegram.visit import Bot
from bot.clock import Clock, SystemClock
from bot.conditions import Conditions
from bot.outage import pause_after

log = structlog.get_logger()

KINDS = [
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.INLINE_QUERY,
    UpdateType.MESSAGE_REACTION,
    UpdateType.MESSAGE_REACTION_COUNT,
    UpdateType.CHANNEL_POST,
    UpdateType.EDITED_CHANNEL_POST,
    UpdateType.MY_CHAT_MEMBER,
]
POLL = 25  # seconds that Telegram may hold a request while there is no update
PART = "polling"


@dataclass
class Polling:
    """Asks Telegram for updates. An update is confirmed, by the next request, only after it was stored."""

    bot: Bot
    dispatcher: Dispatcher
    conditions: Conditions
    clock: Clock = field(default_factory=SystemClock)

    async def run(self) -> None:
        """Poll until cancelled. Nothing that Telegram answers ends it."""
        offset, failures = 0, 0
        while True:
            try:
                updates = await self.bot.get_updates(offset, timeout=POLL, allowed_updates=KINDS)
            except TelegramError as error:
                failures += 1
                await self._pause(error, failures)
                continue
            failures = 0
            self.conditions.recovered(PART)
            if updates:
                await self.dispatcher.receive(updates)
                offset = updates[-1].update_id + 1

    async def _pause(self, error: TelegramError, failures: int) -> None:
        if isinstance(error, Conflict) and "webhook" in error.message:
            await self._leave_webhook()
        elif isinstance(error, Conflict):
            reason = "another program receives this bot's updates; stop it, or make a bot of your own with @BotFather"
            self.conditions.report(PART, reason)
        elif failures > 1:  # one broken connection in a long poll is nothing unusual
            self.conditions.report(PART, str(error))
        await self.clock.sleep(pause_of(error) if isinstance(error, RetryAfter) else pause_after(failures))

    async def _leave_webhook(self) -> None:
        """Delete the webhook that an earlier configuration has set. A failure shows up at the next poll."""
        try:
            await self.bot.delete_webhook()
        except TelegramError as error:
            log.info("webhook.not_deleted", reason=str(error))


async def set_webhook(bot: Bot, url: str, secret: str) -> None:
    """Have Telegram deliver updates to a URL. Raises TelegramError."""
    await bot.set_webhook(url, secret_token=secret, allowed_updates=KINDS)


def update_in(body: Any, bot: Bot) -> telegram.Update:
    """Parse the body of a webhook request. Raises ValueError if it is no update."""
    try:
        update = telegram.Update.de_json(dict(body), bot)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"no update: {error}") from error
    if not 0 <= update.update_id < 2**63:  # no database can store it
        raise ValueError(f"no update: its id is {update.update_id}")
    return update
