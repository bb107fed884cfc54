"""«Do mine like this»: a post's choices for the next photo of somebody who liked it, and how many people did that."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import get_or_add, hold, transactions
from storage.models import Post, PostStatus, RecipePanel, RecipeUse, RecipeWish, status_is

AGE = timedelta(days=1)  # for which a wish holds


class Recipes:
    """Stores wishes and uses."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def wish(self, person_id: int, chat_id: int, post_id: int, moment: datetime) -> Post | None:
        """Store whose choices the person's next photo in a chat is to have. Returns None if the post is not live."""
        async with self._write() as session:
            await hold(session, person_id)
            post = await _live(session, post_id)
            if post is None:
                return None
            wish = RecipeWish(person_id=person_id, chat_id=chat_id, post_id=post_id, asked_at=moment)
            row = await get_or_add(session, wish, RecipeWish.person_id == person_id)
            row.chat_id, row.post_id, row.asked_at = chat_id, post_id, moment
            return post

    async def wished(self, person_id: int, chat_id: int, moment: datetime) -> Post | None:
        """Return the live post that the person's next photo in a chat is to be like, or None."""
        wish = select(RecipeWish.post_id).where(
            RecipeWish.person_id == person_id, RecipeWish.chat_id == chat_id, RecipeWish.asked_at > moment - AGE
        )
        async with self._read() as session:
            post_id = await session.scalar(wish)
            return await _live(session, post_id) if post_id is not None else None

    async def use(self, person_id: int, post: Post) -> None:
        """Record that a wish is fulfilled. A person counts once for a post, and its author does not count."""
        async with self._write() as session:
            await hold(session, person_id)
            this = (RecipeWish.person_id == person_id, RecipeWish.post_id == post.id)
            await session.execute(delete(RecipeWish).where(*this))
            if person_id != post.person_id and await _live(session, post.id) is not None:
                here = (RecipeUse.post_id == post.id, RecipeUse.person_id == person_id)
                await get_or_add(session, RecipeUse(post_id=post.id, person_id=person_id), *here)

    async def follow(self, panel_id: int, post_id: int) -> None:
        """Record that a panel has the choices of a post."""
        async with self._write() as session:
            if await _live(session, post_id) is not None:
                row = RecipePanel(panel_id=panel_id, post_id=post_id)
                await get_or_add(session, row, RecipePanel.panel_id == panel_id)

    async def leave(self, panel_id: int) -> None:
        """Record that a panel has other choices now."""
        async with self._write() as session:
            await session.execute(delete(RecipePanel).where(RecipePanel.panel_id == panel_id))

    async def followed(self, panel_id: int) -> Post | None:
        """Return the live post whose choices a panel has, or None."""
        row = select(RecipePanel.post_id).where(RecipePanel.panel_id == panel_id)
        async with self._read() as session:
            post_id = await session.scalar(row)
            return await _live(session, post_id) if post_id is not None else None

    async def uses(self, post_id: int) -> int:
        """Return how many people had a photo done like a post."""
        async with self._read() as session:
            return await session.scalar(select(func.count()).where(RecipeUse.post_id == post_id)) or 0


async def _live(session: AsyncSession, post_id: int) -> Post | None:
    return await session.scalar(select(Post).where(Post.id == post_id, status_is(Post, PostStatus.LIVE)))
