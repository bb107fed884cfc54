"""The turns of several programs that edit messages in the same chats, on PostgreSQL. See `bot/turns.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from secrets import token_hex
from weakref import WeakValueDictionary

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.jobs.clock import from_now
from storage.models import Turn

DRAW = timedelta(seconds=30)  # a program that holds a message for longer has died
AGAIN = 0.05  # seconds between two attempts to get a message that another program is editing
OLD = timedelta(minutes=1)  # a chat's pace that has passed for so long is deleted
TIDY = 256  # edits between two deletions
KEY = (Turn.chat_id, Turn.message_id)
CHAT = 0  # stands for a message in the row of a chat's pace


class SharedTurns:
    """One writer per message among all programs, and one pace per chat. All times are the database's."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)
        self._me = token_hex(8)
        self._locks: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()
        self._edits = 0

    def drawing(self, message: tuple[int, int]) -> AbstractAsyncContextManager[object]:
        """Lock a message: first among the tasks of this program, then among programs."""
        return self._drawing(message, self._locks.setdefault(message, asyncio.Lock()))

    @asynccontextmanager
    async def _drawing(self, message: tuple[int, int], lock: asyncio.Lock) -> AsyncIterator[None]:
        async with lock:
            while True:
                if await self._claimed(message):
                    break
                await asyncio.sleep(AGAIN)
            try:
                yield
            finally:
                async with self._write() as session:
                    mine = delete(Turn).where(Turn.chat_id == message[0], Turn.message_id == message[1])
                    await session.execute(mine.where(Turn.owner == self._me))

    async def pause(self, chat_id: int) -> float:
        """Return the seconds until the next edit may go to a chat, or 0 if it may go now."""
        async with self._read() as session:
            left = func.extract("epoch", Turn.until - from_now(session))
            found = await session.scalar(select(left).where(Turn.chat_id == chat_id, Turn.message_id == CHAT))
        return max(0.0, float(found or 0.0))

    async def edited(self, chat_id: int, pace: float) -> None:
        """Record an edit: the next one may follow `pace` seconds later."""
        self._edits += 1
        async with self._write() as session:
            due = from_now(session, timedelta(seconds=pace))
            row = insert(Turn).values(chat_id=chat_id, message_id=CHAT, owner=self._me, until=due)
            await session.execute(row.on_conflict_do_update(index_elements=KEY, set_={"until": due}))
            if self._edits % TIDY == 0:
                old = select(Turn.chat_id, Turn.message_id).where(Turn.until < from_now(session, -OLD))
                those = tuple_(*KEY).in_(old.with_for_update(skip_locked=True))
                await session.execute(delete(Turn).where(those))

    async def _claimed(self, message: tuple[int, int]) -> bool:
        chat_id, message_id = message
        async with self._write() as session:
            until = from_now(session, DRAW)
            row = insert(Turn).values(chat_id=chat_id, message_id=message_id, owner=self._me, until=until)
            dead = Turn.until < from_now(session)
            taken = row.on_conflict_do_update(
                index_elements=KEY, set_={"owner": self._me, "until": until}, where=dead
            ).returning(Turn.message_id)
            return await session.scalar(taken) is not None
