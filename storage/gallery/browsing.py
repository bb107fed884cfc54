"""Galleries: each is one message in which a person pages through the gallery. Pages use keys, never offsets."""

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
from storage.gallery.weights import weight
from storage.models import Gallery, Impression, Post, PostStatus, status_is

ASIDE = 20  # pages; one in this many is chosen to learn about a post
BEST = 20  # posts in the hall of fame
LOOKED_AT = 150  # posts among which the one to learn about is chosen
GOLDEN = 0.6180339887  # its multiples spread evenly over 0 to 1, so each gallery starts its random order elsewhere


@dataclass(frozen=True)
class Page:
    """What a gallery shows now. `again` if this person saw it before, `over` if the order restarted from the top."""

    post: Post
    again: bool
    over: bool = False


class Galleries:
    """Stores galleries and moves them from post to post."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def open(
        self, person_id: int, chat_id: int, sort: str = Order.SURPRISING, period: str = Period.ALL
    ) -> Gallery:
        """Create a gallery of a person in a chat."""
        async with self._write() as session:
            gallery = Gallery(person_id=person_id, chat_id=chat_id, sort=Order(sort), period=Period(period))
            session.add(gallery)
            return gallery

    async def gallery(self, gallery_id: int) -> Gallery | None:
        """Return a gallery, or None if it was deleted."""
        async with self._read() as session:
            return await session.get(Gallery, gallery_id)

    async def gallery_in(self, chat_id: int, message_id: int) -> Gallery | None:
        """Return the gallery that a message shows."""
        here = (Gallery.chat_id == chat_id, Gallery.message_id == message_id)
        async with self._read() as session:
            return await session.scalar(select(Gallery).where(*here))

    async def place(self, gallery_id: int, message_id: int) -> None:
        """Store the id of the message that shows a gallery."""
        async with self._write() as session:
            await session.execute(update(Gallery).where(Gallery.id == gallery_id).values(message_id=message_id))

    async def next(
        self, gallery_id: int, person_id: int, sort: str | None = None, period: str | None = None
    ) -> Page | None:
        """▶: return to the post that ◀ left, or else show the next in the order. Returns None if there are no posts.

        The order by surprise shows unseen posts first, then all posts from the top.
        """
        async with self._write() as session:
            await hold(session, person_id)
            gallery = await session.get(Gallery, gallery_id)
            if gallery is None:
                return None
            with session.no_autoflush:  # lock the post before the gallery, as deletion does, or they might deadlock
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
        """Show one live post, whatever the order. Returns None if it is not live or the gallery is gone."""
        async with self._write() as session:
            await hold(session, person_id)
            gallery = await session.get(Gallery, gallery_id)
            one = select(Post).where(Post.id == post_id, status_is(Post, PostStatus.LIVE))
            post = await session.scalar(one.with_for_update(key_share=True, of=Post))
            if gallery is None or post is None:
                return None
            return await self._shown(session, gallery, post, person_id, steps_back=0, turning=True)

    async def flip(self, gallery_id: int, *, before: bool) -> None:
        """Show the image with or without its new part."""
        async with self._write() as session:
            await session.execute(update(Gallery).where(Gallery.id == gallery_id).values(before=before))

    async def previous(self, gallery_id: int, person_id: int) -> Page | None:
        """◀: show the post that the person saw before this one. Returns None at the first."""
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
        """Let a gallery show a post to a person, and count an impression if it is the first."""
        first = turning and await impress(session, post.id, person_id)
        await count(session, post.id, Counter(impressions=first * await weight(session, person_id, post.person_id)))
        await session.refresh(post)
        over, gallery.steps_back = stand(gallery, post), steps_back
        return Page(post, again=not first, over=turning and not first and over)


def _sort(gallery: Gallery, sort: str, period: str) -> None:
    gallery.sort, gallery.period = Order(sort), Period(period)
    gallery.post_id, gallery.steps_back = None, 0


async def following(session: AsyncSession, gallery: Gallery, person_id: int) -> Post | None:
    """Return the next post in a gallery's order. After the last, the order restarts from the top.

    The order by surprise puts unseen posts first, wherever the gallery is. Every ASIDE pages it picks not the post that
    may be the most surprising, but one that may or may not belong to the hall of fame.
    """
    order, period, here = Order(gallery.sort), Period(gallery.period), place(gallery)
    if order is Order.SURPRISING:
        new = ~exists().where(Impression.post_id == Post.id, Impression.person_id == person_id)
        in_doubt = await _in_doubt(session, new) if period is Period.ALL and await _probes(session, person_id) else None
        unseen = in_doubt or await session.scalar(best(order, period, 1, new))
        if unseen is not None:
            return unseen
    start = start_of(gallery)
    for where in (here, None) if here is not None else (None,):
        posts = (await listed(session, order, period, where, 2, start)).posts
        other = next((post for post in posts if here is None or post.id != here.id), None)
        if other is not None:  # votes may have moved the post that is shown, but it is not the next one
            return other
    return next(iter(posts), None)


async def _probes(session: AsyncSession, person_id: int) -> bool:
    """Tell whether this page explores a post of uncertain rank, as every ASIDE-th page of a person does."""
    last = await session.scalar(select(func.max(Impression.number)).where(Impression.person_id == person_id))
    return ((last or 0) + 1) % ASIDE == 0


async def _in_doubt(session: AsyncSession, new: ColumnElement[bool]) -> Post | None:
    """Return the unseen post whose membership of the BEST posts by «top» is the least certain."""
    counts = (Post.laughing + Post.mind_blown + Post.screaming, Post.impressions)
    live = status_is(Post, PostStatus.LIVE)
    hall = select(*counts).where(live).order_by(Post.top.desc(), Post.id.desc()).limit(BEST + 1)
    rates = [rate(*row) for row in await session.execute(hall)]
    if len(rates) <= BEST:
        return None  # every post belongs to them
    cut = sum(rates[-2:]) / 2
    nearest = select(Post.id, *counts).where(live, new).order_by(Post.surprise.desc(), Post.id.desc()).limit(LOOKED_AT)
    doubts = {row[0]: doubt(row[1], row[2], cut) for row in await session.execute(nearest)}
    return await session.get(Post, max(doubts, key=lambda post_id: doubts[post_id])) if doubts else None


def place(gallery: Gallery) -> Place | None:
    """Return a gallery's place in its order. It uses the score that the post had when it was shown."""
    return Place(gallery.score, gallery.post_id) if gallery.post_id is not None else None


def stand(gallery: Gallery, post: Post) -> bool:
    """Make a gallery show a post. Returns True if the order restarted from the top."""
    before, after = place(gallery), Place(score_of(Order(gallery.sort), post), post.id)
    gallery.post_id, gallery.score, gallery.before = after.id, after.score, False
    if before is None:
        return False
    if gallery.sort == Order.RANDOM:
        start = start_of(gallery)
        return (start - after.score) % 1 <= (start - before.score) % 1
    return (after.score, after.id) >= (before.score, before.id)


def start_of(gallery: Gallery) -> float:
    """Return where the gallery's random order starts and ends, 0 to 1."""
    return gallery.id * GOLDEN % 1


async def step(session: AsyncSession, gallery: Gallery, person_id: int, *, ahead: bool) -> Post | None:
    """Return the post that a person saw just after (`ahead`) or just before the one that a gallery shows."""
    own = select(Impression.number).where(Impression.person_id == person_id, Impression.post_id == gallery.post_id)
    here = await session.scalar(own)
    trail = select(Post).join(Impression, Impression.post_id == Post.id)
    trail = trail.where(Impression.person_id == person_id, status_is(Post, PostStatus.LIVE)).limit(1)
    if ahead:
        return await session.scalar(trail.where(Impression.number > (here or 0)).order_by(Impression.number))
    earlier = trail if here is None else trail.where(Impression.number < here)
    return await session.scalar(earlier.order_by(Impression.number.desc()))


async def held(session: AsyncSession, find: Callable[[], Awaitable[Post | None]]) -> Post | None:
    """Return the found post once it is locked. Searches again if it was deleted meanwhile."""
    while (found := await find()) is not None:
        lock = select(Post).where(Post.id == found.id).with_for_update(key_share=True, of=Post)
        post = await session.scalar(lock.execution_options(populate_existing=True))
        if post is not None:
            return post
    return None
