"""Which post a gallery shows next: by key, in the order of an index, never by offset."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.listing import Order, Period, Place, best, listed, score_of
from storage.models import Gallery, Impression, Post, PostStatus, status_is

GOLDEN = 0.6180339887  # its multiples spread evenly over 0 to 1: every gallery begins its random round elsewhere


async def following(session: AsyncSession, gallery: Gallery, person_id: int) -> Post | None:
    """The next post in a gallery's order, from the top again after the last.

    By surprise, what the person has not seen comes first, wherever the gallery stands.
    """
    order, period, here = Order(gallery.sort), Period(gallery.period), place(gallery)
    if order is Order.SURPRISING:
        seen = exists().where(Impression.post_id == Post.id, Impression.person_id == person_id)
        unseen = await session.scalar(best(order, period, 1, ~seen))
        if unseen is not None:
            return unseen
    start = start_of(gallery)
    for where in (here, None) if here is not None else (None,):
        posts = (await listed(session, order, period, where, 2, start)).posts
        other = next((post for post in posts if here is None or post.id != here.id), None)
        if other is not None:  # votes may have moved the one that is shown, and it is not the next
            return other
    return next(iter(posts), None)


def place(gallery: Gallery) -> Place | None:
    """Where a gallery stands: by the score that its post had when it was shown."""
    return Place(gallery.score, gallery.post_id) if gallery.post_id is not None else None


def stand(gallery: Gallery, post: Post) -> bool:
    """A gallery shows a post from now on; True when that is from the top again."""
    before, after = place(gallery), Place(score_of(Order(gallery.sort), post), post.id)
    gallery.post_id, gallery.score, gallery.before = after.id, after.score, False
    if before is None:
        return False
    if gallery.sort == Order.RANDOM:
        start = start_of(gallery)
        return (start - after.score) % 1 <= (start - before.score) % 1
    return (after.score, after.id) >= (before.score, before.id)


def start_of(gallery: Gallery) -> float:
    """Where the gallery's random round begins and ends, 0 to 1."""
    return gallery.id * GOLDEN % 1


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
