"""Reactions in channels, where Telegram reports counts without names.

They are kept apart from votes: a person might be counted twice, so they affect neither ranking nor surprise index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.models import AnonymousCount, Expansion


class AnonymousCounts:
    """Stores the anonymous reaction counts of expansions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def put(self, chat_id: int, message_id: int, expansion_id: int, counts: Mapping[str, int]) -> None:
        """Replace the counts under a message. Repeating the call changes nothing."""
        async with self._write() as session:
            held = select(Expansion.id).where(Expansion.id == expansion_id).with_for_update(key_share=True)
            if await session.scalar(held) is None:
                return
            here = (AnonymousCount.chat_id == chat_id, AnonymousCount.message_id == message_id)
            await session.execute(delete(AnonymousCount).where(*here))
            where = {"chat_id": chat_id, "message_id": message_id, "expansion_id": expansion_id}
            session.add_all(AnonymousCount(emoji=e, count=n, **where) for e, n in counts.items() if n > 0)

    async def of(self, expansion_id: int, *, outside: int | None = None) -> Counter[str]:
        """Return the count of each emoji for an expansion, summed over channels, without the chat `outside`."""
        emoji = AnonymousCount.emoji
        summed = select(emoji, func.sum(AnonymousCount.count)).group_by(emoji).order_by(emoji)
        elsewhere = [AnonymousCount.chat_id != outside] if outside is not None else []
        async with self._read() as session:
            found = await session.execute(summed.where(AnonymousCount.expansion_id == expansion_id, *elsewhere))
            return Counter({emoji: int(number) for emoji, number in found})
