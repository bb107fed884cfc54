"""Whether and when work that failed is tried again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram.error import RetryAfter, TelegramError

from bot.chat.telegram.outcome import fate_of, pause_of
from bot.clock import Clock
from bot.conditions import Conditions
from bot.outage import is_storage_outage, pause_after

T = TypeVar("T")


def may_pass(error: Exception) -> bool:
    """Tell whether an error is an outage or flood control, which ends by itself."""
    return is_storage_outage(error) or (isinstance(error, TelegramError) and fate_of(error).passes)


def pause_before_retry(error: Exception, tries: int, most: int) -> float | None:
    """Return the seconds to wait before the next try, or None if that would not help.

    A call whose fate is unknown is tried at most `most` times, because some calls time out every time. Flood control
    and outages of the storage are waited out however long they take.
    """
    if isinstance(error, RetryAfter):
        return pause_of(error)
    if is_storage_outage(error) or (may_pass(error) and tries < most):
        return pause_after(tries)
    return None


async def through_outages(part: str, work: Callable[[], Awaitable[T]], conditions: Conditions, clock: Clock) -> T:
    """Do work with the storage, again and again while that does not answer."""
    failures = 0
    while True:
        try:
            result = await work()
        except Exception as error:
            if not is_storage_outage(error):
                raise
            failures += 1
            conditions.report(part, str(error).splitlines()[0])
            await clock.sleep(pause_after(failures))
        else:
            conditions.recovered(part)
            return result


async def until_accepted(part: str, call: Callable[[], Awaitable[None]], conditions: Conditions, clock: Clock) -> None:
    """Make a call that need not succeed at once, again and again until Telegram accepts it."""
    tries = 0
    while True:
        try:
            await call()
        except TelegramError as error:
            tries += 1
            conditions.report(part, str(error))
            await clock.sleep(pause_of(error) if isinstance(error, RetryAfter) else pause_after(tries))
        else:
            conditions.recovered(part)
            return
