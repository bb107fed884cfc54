"""Draws the guests of a chat that an expansion is offered, when it starts and when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Appearance, ChatGuest, Expansion, Post, PostStatus, status_is

MOST: Final = 3  # guests of a chat that one expansion is offered
NEWEST: Final = 50  # guests of a chat among which they are drawn
TAME: Final = "faithful"  # the style in which nobody walks about


async def invite(session: AsyncSession, expansions: Sequence[Expansion]) -> None:
    """Write into the rows of new expansions which guests of their chats they are offered, drawn by their seeds.

    The guests are locked until the transaction ends, so that whoever withdraws one sees these expansions, too.
    """
    for expansion in expansions:
        if expansion.style == TAME or expansion.doubles:
            continue
        there = await _welcome(session, expansion.chat_id)
        drawn = Random(expansion.seed).sample(there, min(MOST, len(there)))
        expansion.guests = [guest.blob for guest in drawn] or None
        session.add_all(Appearance(expansion_id=expansion.id, guest_id=guest.id) for guest in drawn)


async def came(session: AsyncSession, expansion_id: int, blobs: Iterable[str]) -> None:
    """Keep only the appearances of the guests that a finished expansion shows."""
    shown = select(ChatGuest.id).where(ChatGuest.blob.in_(list(blobs)))
    others = delete(Appearance).where(Appearance.expansion_id == expansion_id, Appearance.guest_id.not_in(shown))
    await session.execute(others)


async def _welcome(session: AsyncSession, chat_id: int) -> list[ChatGuest]:
    live = select(ChatGuest).join(Post, Post.id == ChatGuest.post_id).where(status_is(Post, PostStatus.LIVE))
    here = live.where(ChatGuest.chat_id == chat_id, ChatGuest.welcome).order_by(ChatGuest.id.desc()).limit(NEWEST)
    return list(await session.scalars(here.with_for_update(key_share=True, read=True, of=ChatGuest)))
