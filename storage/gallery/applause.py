"""Which authors are to hear that people laughed at their posts, and what there is to tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVarTuple

from sqlalchemy import Select, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import get_or_add, hold, transactions
from storage.gallery.listing import Order, Period, best
from storage.models import Applause, Ban, Chat, Expansion, Feeling, Person, Post, PostStatus, Reaction, status_is

Columns = TypeVarTuple("Columns")

PAUSE = timedelta(days=1)  # between two messages to an author
GATHERING = timedelta(hours=1)  # from the first laugh until the author hears of it, so that others can join in
NEWS = timedelta(days=7)  # older laughter is not told
PODIUM = 3  # places of the day that are told
NAMED = 3  # people who went on from a post that are named


@dataclass(frozen=True)
class Ovation:
    """What to tell an author: the post with the most new laughs, and what else happened."""

    post: Post
    laughs: int  # people who laughed at the post since the last message
    elsewhere: int  # laughs at the author's other posts in that time
    followers: list[str]  # names of people who went on from it and published that, in that time
    place: int | None  # of the post today, if it is on the podium
    told_before: datetime | None  # when the message before was sent


class ApplauseStore:
    """Stores who has heard what."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def due(self, moment: datetime) -> list[int]:
        """Return the authors to whom a message is due. See `_laughs` for who is left out."""
        waiting = _laughs(select(Post.person_id), moment).group_by(Post.person_id).order_by(Post.person_id)
        gathered = waiting.having(func.min(Reaction.created_at) <= moment - GATHERING)
        async with self._read() as session:
            return list(await session.scalars(gathered))

    async def claim(self, person_id: int, moment: datetime) -> Ovation | None:
        """Record that an author is told now, and return what. Returns None if another program told it meanwhile."""
        async with self._write() as session:
            await session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
            laughs = _laughs(select(Post.id, func.count()), moment).where(Post.person_id == person_id)
            counts = dict((await session.execute(laughs.group_by(Post.id))).all())
            if not counts:
                return None
            first = max(counts, key=lambda post_id: (counts[post_id], post_id))
            row = await get_or_add(session, Applause(person_id=person_id), Applause.person_id == person_id)
            before, row.told_at = row.told_at, moment
            post = await session.get_one(Post, first)
            since = _since(before, moment)
            followers, place = await _followers(session, post, since), await _place(session, post)
            return Ovation(post, counts[first], sum(counts.values()) - counts[first], followers, place, before)

    async def untell(self, person_id: int, before: datetime | None) -> None:
        """Take back a claim whose message was certainly not sent."""
        async with self._write() as session:
            await session.execute(update(Applause).where(Applause.person_id == person_id).values(told_at=before))

    async def mute(self, person_id: int, *, muted: bool) -> None:
        """Record whether an author wants to hear of laughter."""
        async with self._write() as session:
            await hold(session, person_id)
            row = await get_or_add(session, Applause(person_id=person_id), Applause.person_id == person_id)
            row.muted = muted


def _laughs(wanted: Select[*Columns], moment: datetime) -> Select[*Columns]:
    """Select columns of the laughs at live posts that their authors may hear of now and have not heard of.

    Left out are authors' own laughs, and authors who muted this, who heard something within a day, who are banned, who
    have no private chat with the bot, or who blocked it.
    """
    private = exists().where(Chat.id == Post.person_id, Chat.kind == "private", Chat.gone_at.is_(None))
    banned = exists().where(Ban.id == Post.person_id)
    untold = or_(Applause.told_at.is_(None), Applause.told_at < Reaction.created_at)
    rested = or_(Applause.told_at.is_(None), Applause.told_at <= moment - PAUSE)
    willing = or_(Applause.muted.is_(None), Applause.muted.is_(False))
    joined = wanted.select_from(Reaction).join(Post, Post.expansion_id == Reaction.expansion_id)
    return joined.outerjoin(Applause, Applause.person_id == Post.person_id).where(
        Reaction.created_at > moment - NEWS,
        Reaction.feeling == Feeling.LAUGHING,
        Reaction.person_id != Post.person_id,
        status_is(Post, PostStatus.LIVE),
        untold,
        rested,
        willing,
        private,
        ~banned,
    )


def _since(before: datetime | None, moment: datetime) -> datetime:
    return max(before, moment - NEWS) if before is not None else moment - NEWS


async def _followers(session: AsyncSession, post: Post, since: datetime) -> list[str]:
    """Return the names of the people who published an expansion of the post's result, the latest first."""
    theirs = (
        select(Person.name).join(Post, Post.person_id == Person.id).join(Expansion, Post.expansion_id == Expansion.id)
    )
    here = (Expansion.source_id == post.expansion.result_id, Post.person_id != post.person_id, Post.created_at > since)
    latest = theirs.where(*here, status_is(Post, PostStatus.LIVE)).order_by(Post.id.desc())
    return list(dict.fromkeys(await session.scalars(latest)))[:NAMED]


async def _place(session: AsyncSession, post: Post) -> int | None:
    """Return the place of a post in today's /top, from 1, or None below the podium."""
    podium = [row.id for row in await session.scalars(best(Order.TOP, Period.DAY, PODIUM)) if row.top > 0]
    return podium.index(post.id) + 1 if post.id in podium else None
