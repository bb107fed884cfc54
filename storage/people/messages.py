"""What each of the bot's messages shows, so that a reply, a reaction or a deletion finds its expansion."""

from __future__ import annotations

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.models import Message, MessageKind, now


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

    async def outdate(self, expansion_id: int, *others: tuple[int, int]) -> list[tuple[int, int]]:
        """Note that the messages that tell the votes or the title of an expansion, and others, are to be redrawn.

        Returns the chats and ids of them all. What a message shows now is read when it is redrawn.
        """
        telling = [kind for kind in MessageKind if kind.tells_counts]
        about = and_(Message.expansion_id == expansion_id, Message.kind.in_(telling))
        these = [and_(Message.chat_id == chat, Message.message_id == number) for chat, number in others]
        noted = update(Message).where(or_(about, *these)).values(outdated_at=now())
        async with self._write() as session:
            rows = await session.execute(noted.returning(Message.chat_id, Message.message_id))
            return [(chat_id, message_id) for chat_id, message_id in rows]

    async def outdated(self) -> list[tuple[int, int]]:
        """Return the messages that are to be redrawn."""
        async with self._read() as session:
            these = select(Message.chat_id, Message.message_id).where(Message.outdated_at.is_not(None))
            rows = await session.execute(these.order_by(Message.outdated_at))
            return [(chat_id, message_id) for chat_id, message_id in rows]

    async def redrawn(self, message: Message) -> None:
        """Note that a message was redrawn as this row says. If it changed again meanwhile, it stays outdated."""
        this = (Message.chat_id == message.chat_id, Message.message_id == message.message_id)
        async with self._write() as session:
            seen = update(Message).where(*this, Message.outdated_at == message.outdated_at)
            await session.execute(seen.values(outdated_at=None))

    async def pages(self, person_id: int) -> list[Message]:
        """Return the messages that show pages of a person's own expansions."""
        async with self._read() as session:
            own = select(Message).where(Message.person_id == person_id, Message.kind == MessageKind.MINE)
            return list(await session.scalars(own.order_by(Message.sent_at)))

    async def newest(self, chat_id: int) -> Message | None:
        """Return the bot's latest message in a chat."""
        async with self._read() as session:
            messages = select(Message).where(Message.chat_id == chat_id)
            return await session.scalar(messages.order_by(Message.message_id.desc()).limit(1))
