"""Opens the connection to Telegram."""

from __future__ import annotations

from contextlib import AsyncExitStack

import structlog
from telegram.error import InvalidToken, NetworkError, RetryAfter

from bot.chat.telegram.outcome import pause_of
from bot.chat.telegram.visit import App
from bot.clock import Clock
from bot.errors import CannotRun
from bot.outage import pause_after

log = structlog.get_logger()

TRIES = 5  # after which whoever started the program is told, and systemd or Docker starts it again


async def connect(application: App, clock: Clock, stack: AsyncExitStack) -> None:
    """Learn who the bot is. Raises CannotRun for an unknown token, or when the Bot API stays out of reach."""
    stack.push_async_callback(application.bot.shutdown)  # a refused application leaves its connections open
    failures = 0
    while True:
        try:
            await application.initialize()
        except RetryAfter as flood:
            log.warning("telegram.flood", method="getMe", seconds=pause_of(flood))
            await clock.sleep(pause_of(flood))
        except InvalidToken:
            remedy = "copy KUOTU_TELEGRAM_TOKEN from @BotFather again"
            raise CannotRun(f"Telegram does not know this token; {remedy}") from None
        except NetworkError as error:
            failures += 1
            pause, remedy = pause_after(failures), "check the network and KUOTU_TELEGRAM_API"
            if failures == TRIES:
                raise CannotRun(f"cannot reach the Bot API ({error}); {remedy}") from None
            log.warning("telegram.unreachable", reason=str(error), again_in=pause, remedy=remedy)
            await clock.sleep(pause)
        else:
            stack.push_async_callback(application.shutdown)
            return
