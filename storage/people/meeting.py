"""What is known about an update's author, chat and message: one query, because every update asks for it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import and_, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Ban, Chat, Message, Person


class Known(NamedTuple):
    """The rows of an author, a chat and a message, and whether the author or the chat is banned."""

    person: Person
    chat: Chat
    banned: bool
    message: Message | None


async def look_up(
    session: AsyncSession, person_id: int, chat_id: int, message_id: int | None
) -> tuple[Person | None, Chat | None, bool, Message | None]:
    """Return what the database has about an update, as in `Known`; the author and the chat may be new."""
    one = select(literal(1)).subquery()
    this = and_(Message.chat_id == chat_id, Message.message_id == message_id)
    banned = exists().where(Ban.id.in_((person_id, chat_id)))
    query = (
        select(Person, Chat, banned, Message)
        .select_from(one)
        .outerjoin(Person, Person.id == person_id)
        .outerjoin(Chat, Chat.id == chat_id)
        .outerjoin(Message, this)
    )
    person, chat, is_banned, message = (await session.execute(query)).one()
    return person, chat, is_banned, message
