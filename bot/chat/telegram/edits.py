"""Edits and deletes messages that may be unchanged, old, gone, or in a chat that the bot may no longer write to."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from telegram.error import TelegramError

from bot.chat.telegram.outcome import Fate, fate_of
from bot.chat.telegram.retry import pause_before_retry
from bot.chat.telegram.visit import Bot

log = structlog.get_logger()

DELETABLE = timedelta(hours=48)  # Telegram deletes no older message
LOT = 100  # messages that one request may delete
AT_ONCE = 8  # concurrent requests

TRIES = 4  # of a deletion or a removal of buttons whose fate is unknown


async def edit(request: Awaitable[object]) -> bool:
    """Await an edit. «Not modified» counts as done. Returns False if the message no longer exists."""
    try:
        await request
    except TelegramError as error:
        match fate_of(error):
            case Fate.UNCHANGED:
                return True
            case Fate.GONE:
                return False
        raise
    return True


async def delete(request: Awaitable[object]) -> bool:
    """Await a deletion. Returns False if Telegram refuses it, because the message is older than 48 hours or gone."""
    try:
        await request
    except TelegramError as error:
        if fate_of(error).passes:
            raise
        return False
    return True


class Place(Protocol):
    """The position of a message of the bot, and when it was sent."""

    @property
    def chat_id(self) -> int: ...
    @property
    def message_id(self) -> int: ...
    @property
    def sent_at(self) -> datetime: ...


@dataclass(frozen=True)
class Retracted:
    """The number of messages that were deleted, and of those that only lost their buttons."""

    deleted: int
    stripped: int  # too old to be deleted, so they stay without buttons


async def retract(bot: Bot, messages: Iterable[Place]) -> Retracted:
    """Delete messages that are young enough, and remove the buttons of the rest. Refusals are logged and ignored."""
    young: dict[int, list[int]] = defaultdict(list)
    old: list[Place] = []
    for message in messages:
        if datetime.now(UTC) - message.sent_at < DELETABLE:
            young[message.chat_id].append(message.message_id)
        else:
            old.append(message)
    few = asyncio.Semaphore(AT_ONCE)

    async def quietly(request: Callable[[], Awaitable[object]]) -> None:
        async with few:
            await _insist(request)

    lots = [(chat, ids[start : start + LOT]) for chat, ids in young.items() for start in range(0, len(ids), LOT)]
    await asyncio.gather(
        *(quietly(partial(bot.delete_messages, chat, ids)) for chat, ids in lots),
        *(quietly(partial(bot.edit_message_reply_markup, place.chat_id, place.message_id)) for place in old),
    )
    return Retracted(sum(map(len, young.values())), len(old))


async def _insist(request: Callable[[], Awaitable[object]]) -> None:
    """Make a call, and repeat it while its fate is unknown. A refusal is logged and ends it."""
    for tries in range(1, TRIES + 1):
        try:
            await request()
        except TelegramError as error:
            pause = pause_before_retry(error, tries, TRIES)
            if pause is None:
                log.info("retract.refused", reason=str(error))
                return
            await asyncio.sleep(pause)
        else:
            return
