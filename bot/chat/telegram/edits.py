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
from telegram.error import BadRequest, TelegramError

from bot.chat.telegram.visit import Bot

log = structlog.get_logger()

DELETABLE = timedelta(hours=48)  # Telegram deletes no older message
LOT = 100  # messages that one request may delete
AT_ONCE = 8  # concurrent requests

UNCHANGED = "message is not modified"
GONE = ("message to edit not found", "message to delete not found", "message can't be edited", "message_id_invalid")


async def edit(request: Awaitable[object]) -> bool:
    """Await an edit. «Not modified» counts as done. Returns False if the message no longer exists."""
    try:
        await request
    except BadRequest as error:
        said = error.message.lower()
        if UNCHANGED in said:
            return True
        if any(gone in said for gone in GONE):
            return False
        raise
    return True


async def delete(request: Awaitable[object]) -> bool:
    """Await a deletion. Returns False if Telegram refuses it, because the message is older than 48 hours or gone."""
    try:
        await request
    except BadRequest:
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
            try:
                await request()
            except TelegramError as error:
                log.info("retract.refused", reason=str(error))

    lots = [(chat, ids[start : start + LOT]) for chat, ids in young.items() for start in range(0, len(ids), LOT)]
    await asyncio.gather(
        *(quietly(partial(bot.delete_messages, chat, ids)) for chat, ids in lots),
        *(quietly(partial(bot.edit_message_reply_markup, place.chat_id, place.message_id)) for place in old),
    )
    return Retracted(sum(map(len, young.values())), len(old))
