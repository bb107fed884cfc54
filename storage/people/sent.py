"""The messages of the bot that show a person's things."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import CompoundSelect, and_, delete, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Expansion, Gallery, Message, MessageKind, Panel, Post


class Sent(NamedTuple):
    """A message of the bot."""

    chat_id: int
    message_id: int
    sent_at: datetime


async def take_sent(
    session: AsyncSession, person_id: int | None, expansions: Sequence[int], photos: Sequence[int]
) -> list[Sent]:
    """Find all messages of the bot that show a person's things, oldest first, and delete their rows.

    Without a person, these are the messages that show the expansions and the photos. The sheets of `/mine` of everybody
    who made one of the expansions are among them.
    """
    nobody = 0 if person_id is None else person_id  # NULL would be every message that was made for nobody
    makers = select(Expansion.person_id).where(Expansion.id.in_(expansions))
    sheets = and_(Message.kind == MessageKind.MINE, Message.person_id.in_(makers))  # they show many, and name none
    noted = or_(Message.person_id == nobody, Message.expansion_id.in_(expansions), sheets)
    posts = select(Post.id).where(Post.expansion_id.in_(expansions))
    places: CompoundSelect[int, int | None, datetime] = union_all(
        select(Message.chat_id, Message.message_id, Message.sent_at).where(noted),
        select(Panel.chat_id, Panel.message_id, Panel.created_at).where(
            or_(Panel.person_id == nobody, Panel.photo_id.in_(photos))
        ),
        select(Expansion.chat_id, Expansion.message_id, Expansion.created_at).where(Expansion.id.in_(expansions)),
        select(Gallery.chat_id, Gallery.message_id, Gallery.created_at).where(
            or_(Gallery.person_id == nobody, Gallery.post_id.in_(posts))
        ),
    )
    sent: dict[tuple[int, int], Sent] = {}
    for chat_id, message_id, sent_at in await session.execute(places):
        if message_id is not None:
            sent.setdefault((chat_id, message_id), Sent(chat_id, message_id, sent_at))
    await session.execute(delete(Message).where(noted))
    return sorted(sent.values(), key=lambda message: (message.sent_at, message.message_id))
