"""Which post a gallery shows next: by key, in the order of an index, never by offset."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum

from sqlalchemy import ColumnElement, UnaryExpression, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Gallery, Impression, Post, PostStatus, status_is


class Sort(StrEnum):
    SURPRISING = "surprising"
    NEWEST = "newest"


async def following(session: AsyncSession, gallery: Gallery, person_id: int) -> Post | None:
    """The next post in a gallery's order, from the top again after the last.

    By surprise, what the person has not seen comes first, wherever the gallery stands.
    """
    live = select(Post).where(status_is(Post, PostStatus.LIVE)).order_by(*_order(gallery)).limit(1)
    if gallery.sort == Sort.SURPRISING:
        seen = exists().where(Impression.post_id == Post.id, Impression.person_id == person_id)
        unseen = await session.scalar(live.where(~seen))
        if unseen is not None:
            return unseen
    here = await session.get(Post, gallery.post_id) if gallery.post_id is not None else None
    below = await session.scalar(live.where(_below(gallery, here))) if here is not None else None
    return below or await session.scalar(live)


async def step(session: AsyncSession, gallery: Gallery, person_id: int, *, ahead: bool) -> Post | None:
    """The post that a person was shown just after (`ahead`) or just before the one that a gallery shows."""
    own = select(Impression.number).where(Impression.person_id == person_id, Impression.post_id == gallery.post_id)
    here = await session.scalar(own)
    trail = select(Post).join(Impression, Impression.post_id == Post.id)
    trail = trail.where(Impression.person_id == person_id, status_is(Post, PostStatus.LIVE)).limit(1)
    if ahead:
        return await session.scalar(trail.where(Impression.number > (here or 0)).order_by(Impression.number))
    earlier = trail if here is None else trail.where(Impression.number < here)
    return await session.scalar(earlier.order_by(Impression.number.desc()))


async def held(session: AsyncSession, find: Callable[[], Awaitable[Post | None]]) -> Post | None:
    """What is found and is still there once nobody else may change it."""
    while (found := await find()) is not None:
        lock = select(Post).where(Post.id == found.id).with_for_update(key_share=True, of=Post)
        post = await session.scalar(lock.execution_options(populate_existing=True))
        if post is not None:
            return post
    return None


def _order(gallery: Gallery) -> list[UnaryExpression[float] | UnaryExpression[int]]:
    return [*([Post.surprise.desc()] if gallery.sort == Sort.SURPRISING else []), Post.id.desc()]


def _below(gallery: Gallery, here: Post) -> ColumnElement[bool]:
    if gallery.sort == Sort.NEWEST:
        return Post.id < here.id
    return tuple_(Post.surprise, Post.id) < tuple_(here.surprise, here.id)
