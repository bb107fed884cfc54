"""All edits of the bot's messages pass through the outbox, so that they share one rate limit per chat.

Telegram allows about one message per second in a private chat and twenty per minute in a group, and edits count.
Progress and vote counts are only edited while there is room: they wait for the chat's pace, and only the newest state
of each message is drawn. Results and answers to taps are edited immediately and delay the other edits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum

import structlog
from telegram.error import TelegramError

from bot.clock import Clock, SystemClock
from bot.turns import MessageKey, Turns

log = structlog.get_logger()

PRIVATE_PACE, GROUP_PACE = 1.2, 6.0  # seconds between edits: half of a group's twenty a minute stay for new messages


class Rank(IntEnum):
    """The priority of a waiting edit. The lowest number in a chat is drawn first."""

    PROGRESS = 1
    COUNTS = 2


@dataclass(frozen=True)
class Edit:
    """A waiting edit of one message."""

    rank: Rank
    draw: Callable[[], Awaitable[object]]  # reads the newest state itself and edits the message


@dataclass
class Outbox:
    """Performs scheduled edits: one message at a time in each chat, at the chat's pace.

    `room` returns the seconds for which they have to wait because results and answers need the bot's rate.
    """

    turns: Turns
    clock: Clock = field(default_factory=SystemClock)
    room: Callable[[], float] = lambda: 0.0
    private_pace: float = PRIVATE_PACE
    group_pace: float = GROUP_PACE
    _due: dict[int, dict[MessageKey, Edit]] = field(default_factory=dict)
    _pumps: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def ask(self, message: MessageKey, rank: Rank, draw: Callable[[], Awaitable[object]]) -> None:
        """Schedule an edit for when the pace allows it. It replaces a waiting edit of the same message."""
        chat = message[0]
        due = self._due.setdefault(chat, {})
        before = due.pop(message, None)
        due[message] = Edit(min(rank, before.rank) if before else rank, draw)
        if chat not in self._pumps:
            self._pumps[chat] = asyncio.create_task(self._pump(chat))

    @asynccontextmanager
    async def at_once(self, message: MessageKey) -> AsyncIterator[None]:
        """Lock a message for an edit that does not wait. A waiting edit of the same message is dropped."""
        async with self.turns.drawing(message):
            self._due.get(message[0], {}).pop(message, None)
            yield
            await self.turns.edited(message[0], self.pace(message[0]))

    def pace(self, chat_id: int) -> float:
        """Return the seconds between two edits in a chat. Groups have negative ids."""
        return self.private_pace if chat_id > 0 else self.group_pace

    async def close(self) -> None:
        """Stop all edits. The next program start reads the newest state from the database."""
        pumps = list(self._pumps.values())
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, chat: int) -> None:
        try:
            while due := self._due.get(chat):
                await self._await_turn(chat)
                if due:
                    message = min(due, key=lambda message: due[message].rank)
                    await self._draw(message, due.pop(message))
        finally:
            del self._pumps[chat]
            self._due.pop(chat, None)

    async def _await_turn(self, chat: int) -> None:
        while (pause := max(await self.turns.pause(chat), self.room())) > 0:
            await self.clock.sleep(pause)

    async def _draw(self, message: MessageKey, edit: Edit) -> None:
        async with self.turns.drawing(message):
            try:
                await edit.draw()
            except TelegramError as error:  # the next change tries again
                log.info("edit.dropped", message=message, reason=str(error))
            except Exception:
                log.exception("edit.failed", message=message)
            await self.turns.edited(message[0], self.pace(message[0]))
