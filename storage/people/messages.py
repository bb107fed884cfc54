"""Which message of the bot shows what: how a reply, a reaction or a deletion finds its way."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.models import Message


class Messages:
    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def remember(self, message: Message) -> None:
        """What a message of the bot shows; the last word counts."""
        async with self._write() as session:
            await session.merge(message)

    async def message(self, chat_id: int, message_id: int) -> Message | None:
        async with self._read() as session:
            return await session.get(Message, (chat_id, message_id))

    async def forget(self, chat_id: int, message_id: int) -> None:
        async with self._write() as session:
            this = (Message.chat_id == chat_id, Message.message_id == message_id)
            await session.execute(delete(Message).where(*this))

    async def showing(self, expansion_id: int) -> list[Message]:
        """Every message that shows an expansion, or speaks of it; oldest first."""
        async with self._read() as session:
            messages = select(Message).where(Message.expansion_id == expansion_id)
            return list(await session.scalars(messages.order_by(Message.sent_at, Message.message_id)))

    async def newest(self, chat_id: int) -> Message | None:
        """What the bot showed last in a chat."""
        async with self._read() as session:
            messages = select(Message).where(Message.chat_id == chat_id)
            return await session.scalar(messages.order_by(Message.message_id.desc()).limit(1))
