"""Galleries: each one message in which a person leafs through the gallery. Pages by key, never by offset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import hold, transactions
from storage.gallery.listing import Order, Period, Place, best, listed, score_of
from storage.gallery.ranking import doubt, rate
from storage.gallery.votes import count, impress
from storage.models import Gallery, Impression, Post, PostStatus, status_is

ASIDE = 20  # pages, of which one is for learning
BEST = 20  # posts that one wants to know: the hall of fame
LOOKED_AT = 150  # posts, of which one is chosen
GOLDEN = 0.6180339887  # its multiples spread evenly over 0 to 1: every gallery begins its random round elsewhere


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


async def following(session: AsyncSession, gallery: Gallery, person_id: int) -> Post | None:
    """The next post in a gallery's order, from the top again after the last.

    By surprise, what the person has not seen comes first, wherever the gallery stands; now and then that is not what
    may be the most surprising, but what may or may not be one of the best.
    """
    order, period, here = Order(gallery.sort), Period(gallery.period), place(gallery)
    if order is Order.SURPRISING:
        new = ~exists().where(Impression.post_id == Post.id, Impression.person_id == person_id)
        in_doubt = await _in_doubt(session, new) if period is Period.ALL and await _tells(session, person_id) else None
        unseen = in_doubt or await session.scalar(best(order, period, 1, new))
        if unseen is not None:
            return unseen
    start = start_of(gallery)
    for where in (here, None) if here is not None else (None,):
        posts = (await listed(session, order, period, where, 2, start)).posts
        other = next((post for post in posts if here is None or post.id != here.id), None)
        if other is not None:  # votes may have moved the one that is shown, and it is not the next
            return other
    return next(iter(posts), None)


async def _tells(session: AsyncSession, person_id: int) -> bool:
    """Whether it is this person's turn to tell about a post in doubt: every ASIDE pages that they are shown."""
    last = await session.scalar(select(func.max(Impression.number)).where(Impression.person_id == person_id))
    return ((last or 0) + 1) % ASIDE == 0


async def _in_doubt(session: AsyncSession, new: ColumnElement[bool]) -> Post | None:
    """Of what comes next by surprise, that of which it is the least clear whether it is one of the BEST by «top»."""
    counts = (Post.laughing + Post.mind_blown + Post.screaming, Post.impressions)
    live = status_is(Post, PostStatus.LIVE)
    hall = select(*counts).where(live).order_by(Post.top.desc(), Post.id.desc()).limit(BEST + 1)
    rates = [rate(*row) for row in await session.execute(hall)]
    if len(rates) <= BEST:
        return None  # all of them are
    cut = sum(rates[-2:]) / 2
    nearest = select(Post.id, *counts).where(live, new).order_by(Post.surprise.desc(), Post.id.desc()).limit(LOOKED_AT)
    doubts = {row[0]: doubt(row[1], row[2], cut) for row in await session.execute(nearest)}
    return await session.get(Post, max(doubts, key=lambda post_id: doubts[post_id])) if doubts else None


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
