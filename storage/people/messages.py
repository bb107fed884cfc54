"""What each of the bot's messages shows, so that a reply, a reaction or a deletion finds its expansion."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.models import Message


class Messages:
    """Stores the bot's messages."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def remember(self, message: Message) -> None:
        """Store what a message shows, replacing what was stored before.

        An expansion that was deleted after the message had been sent is left out.
        """
        try:
            async with self._write() as session:
                await session.merge(message)
        except IntegrityError:
            message.expansion_id = None
            async with self._write() as session:
                await session.merge(message)

    async def message(self, chat_id: int, message_id: int) -> Message | None:
        """Return a message, or None if it is unknown."""
        async with self._read() as session:
            return await session.get(Message, (chat_id, message_id))

    async def forget(self, chat_id: int, message_id: int) -> None:
        """Delete a message's row."""
        async with self._write() as session:
            this = (Message.chat_id == chat_id, Message.message_id == message_id)
            await session.execute(delete(Message).where(*this))

    async def showing(self, expansion_id: int) -> list[Message]:
        """Return every message about an expansion, oldest first."""
        async with self._read() as session:
            messages = select(Message).where(Message.expansion_id == expansion_id)
            return list(await session.scalars(messages.order_by(Message.sent_at, Message.message_id)))

    async def newest(self, chat_id: int) -> Message | None:
        """Return the bot's latest message in a chat."""
        async with self._read() as session:
            messages = select(Message).where(Message.chat_id == chat_id)
            return await session.scalar(messages.order_by(Message.message_id.desc()).limit(1))
