"""Galleries: each one message in which a person leafs through the gallery. Pages by key, never by offset."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import hold, transactions
from storage.gallery.listing import Order, Period
from storage.gallery.votes import count, impress
from storage.models import Gallery, Post, PostStatus, status_is
from storage.pages import following, held, stand, step


@dataclass(frozen=True)
class Page:
    """What a gallery shows now; `again` when this person had seen it before, `over` when it is from the top again."""

    post: Post
    again: bool
    over: bool = False


class Galleries:
    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def open(
        self, person_id: int, chat_id: int, sort: str = Order.SURPRISING, period: str = Period.ALL
    ) -> Gallery:
        async with self._write() as session:
            gallery = Gallery(person_id=person_id, chat_id=chat_id, sort=Order(sort), period=Period(period))
            session.add(gallery)
            return gallery

    async def gallery(self, gallery_id: int) -> Gallery | None:
        async with self._read() as session:
            return await session.get(Gallery, gallery_id)

    async def gallery_in(self, chat_id: int, message_id: int) -> Gallery | None:
        """The gallery that a message is."""
        here = (Gallery.chat_id == chat_id, Gallery.message_id == message_id)
        async with self._read() as session:
            return await session.scalar(select(Gallery).where(*here))

    async def place(self, gallery_id: int, message_id: int) -> None:
        async with self._write() as session:
            await session.execute(update(Gallery).where(Gallery.id == gallery_id).values(message_id=message_id))

    async def next(
        self, gallery_id: int, person_id: int, sort: str | None = None, period: str | None = None
    ) -> Page | None:
        """▶: what ◀ left behind, else what follows in the gallery's order. None while there are no posts.

        By surprise that is what the person has not seen, then what they have, from the best round again.
        """
        async with self._write() as session:
            await hold(session, person_id)
            gallery = await session.get(Gallery, gallery_id)
            if gallery is None:
                return None
            with session.no_autoflush:  # deleting, too, holds a post before the galleries that show it: no deadlock
                if (sort or gallery.sort, period or gallery.period) != (gallery.sort, gallery.period):
                    _sort(gallery, sort or gallery.sort, period or gallery.period)
                ahead = partial(step, session, gallery, person_id, ahead=True)
                back = await held(session, ahead) if gallery.steps_back else None
                post = back or await held(session, partial(following, session, gallery, person_id))
                if post is None:
                    return None
            steps_back = gallery.steps_back - 1 if back else 0
            return await self._shown(session, gallery, post, person_id, steps_back=steps_back, turning=back is None)

    async def turn_to(self, gallery_id: int, person_id: int, post_id: int) -> Page | None:
        """Show one live post, whatever the order; None when it is not in the gallery (any more)."""
        async with self._write() as session:
            await hold(session, person_id)
            gallery = await session.get(Gallery, gallery_id)
            one = select(Post).where(Post.id == post_id, status_is(Post, PostStatus.LIVE))
            post = await session.scalar(one.with_for_update(key_share=True, of=Post))
            if gallery is None or post is None:
                return None
            return await self._shown(session, gallery, post, person_id, steps_back=0, turning=True)

    async def flip(self, gallery_id: int, *, before: bool) -> None:
        """A gallery shows its picture with or without the new part."""
        async with self._write() as session:
            await session.execute(update(Gallery).where(Gallery.id == gallery_id).values(before=before))

    async def previous(self, gallery_id: int, person_id: int) -> Page | None:
        """◀: what the person was shown before this; None at the first."""
        async with self._write() as session:
            await hold(session, person_id)
            gallery = await session.get(Gallery, gallery_id)
            if gallery is None:
                return None
            post = await held(session, partial(step, session, gallery, person_id, ahead=False))
            if post is None:
                return None
            stand(gallery, post)
            gallery.steps_back += 1
            return Page(post, again=True)

    async def _shown(
        self, session: AsyncSession, gallery: Gallery, post: Post, person_id: int, *, steps_back: int, turning: bool
    ) -> Page:
        """Let a gallery show a post to a person, who is counted when it is the first time."""
        first = turning and await impress(session, post.id, person_id)
        await count(session, post.id, Counter(impressions=int(first)))
        await session.refresh(post)
        over, gallery.steps_back = stand(gallery, post), steps_back
        return Page(post, again=not first, over=turning and not first and over)


def _sort(gallery: Gallery, sort: str, period: str) -> None:
    gallery.sort, gallery.period = Order(sort), Period(period)
    gallery.post_id, gallery.steps_back = None, 0
