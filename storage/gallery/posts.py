"""The gallery's posts, people's reactions to them, and who has seen which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import hold, transactions
from storage.gallery.listing import Listing, Order, Period, Place, listed
from storage.gallery.neighbours import Neighbours, neighbours_of
from storage.gallery.search import Sought, index
from storage.gallery.votes import COLUMNS, count, impress, scores, tally
from storage.gallery.weights import reweigh, weight
from storage.models import Expansion, Feeling, Person, Post, PostStatus, Reaction, Received, Status, now, status_is

EVERYTHING = Sought()


@dataclass(frozen=True)
class Author:
    """A person with live posts, and how many."""

    person: Person
    posts: int


class GalleryStore:
    """Stores posts, reactions and impressions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    # posts

    async def publish(self, expansion_id: int, person_id: int, title: str, prior: float) -> Post | None:
        """Publish a finished expansion of this person. Returns None if it is not theirs or not done.

        People who reacted already count as viewers. A post that its author hid becomes live again as it was; one that a
        moderator withheld does not.
        """
        async with self._write() as session:
            cast = select(Reaction.person_id, Reaction.feeling).where(Reaction.expansion_id == expansion_id)
            voters = dict((await session.execute(cast)).all())
            await hold(session, person_id, *voters)
            there = await session.scalar(select(Post).where(Post.expansion_id == expansion_id))
            if there is not None:
                return _republish(there, person_id)
            expansion = await _locked(session, expansion_id)
            if expansion is None or expansion.person_id != person_id or expansion.status is not Status.DONE:
                return None
            post = Post(expansion_id=expansion_id, person_id=person_id, title=title, prior=prior, created_at=now())
            session.add(post)
            for score, value in scores(Counter(), prior, post.created_at).items():
                setattr(post, score, value)
            await session.flush()
            await index(session, post, expansion.words or ())
            changes: Counter[str] = Counter()
            for voter, feeling in voters.items():
                await impress(session, post.id, voter)
                if await weight(session, voter, person_id):
                    changes.update(["impressions", COLUMNS[feeling]])
            await count(session, post.id, changes)
            await session.refresh(post)
            return post

    async def retitle(self, post_id: int, person_id: int, title: str) -> Post | None:
        """Change the title of a post of this person. Returns None if it is not theirs."""
        async with self._write() as session:
            one = select(Post).where(Post.id == post_id, Post.person_id == person_id)
            post = await session.scalar(one.with_for_update(key_share=True, of=Post))
            if post is not None:
                post.title = title
                await index(session, post, post.expansion.words or ())
            return post

    async def unpublish(self, post_id: int, person_id: int) -> bool:
        """Hide a post of this person. Its counts are kept in case it is published again."""
        own = (Post.id == post_id, Post.person_id == person_id, status_is(Post, PostStatus.LIVE))
        async with self._write() as session:
            hidden = update(Post).where(*own).values(status=PostStatus.HIDDEN)
            return await session.scalar(hidden.returning(Post.id)) is not None

    async def post(self, post_id: int) -> Post | None:
        """Return a post, or None."""
        async with self._read() as session:
            return await session.get(Post, post_id)

    async def post_of(self, expansion_id: int) -> Post | None:
        """Return the post of an expansion, or None."""
        async with self._read() as session:
            return await session.scalar(select(Post).where(Post.expansion_id == expansion_id))

    async def neighbours(self, post: Post) -> Neighbours:
        """Return the live posts around a post."""
        async with self._read() as session:
            return await neighbours_of(session, post)

    async def shows(self, photo_id: int) -> bool:
        """Tell whether a photo is the result of a live post."""
        shown = select(Post.id).join(Expansion, Expansion.id == Post.expansion_id)
        here = (Expansion.result_id == photo_id, status_is(Post, PostStatus.LIVE))
        async with self._read() as session:
            return await session.scalar(shown.where(*here)) is not None

    # reactions

    async def react(
        self,
        expansion_id: int,
        person_id: int,
        feeling: Feeling | None,
        native_in: int | None = None,
        update_id: int | None = None,
    ) -> tuple[dict[Feeling, int], Feeling | None]:
        """Record a person's reaction. Returns the counts and the person's current reaction.

        A button toggles. A native reaction in the message `native_in` sets the vote, or clears it if `feeling` is None;
        it clears only a vote that was given in that message. The update of a tap is marked in the same transaction, and
        one that was marked before changes nothing. Otherwise a tap that is handled again after a crash or an outage
        would toggle the vote back.
        """
        async with self._write() as session:
            await hold(session, person_id)
            if await _locked(session, expansion_id) is None:
                return dict.fromkeys(Feeling, 0), None
            own = await session.get(Reaction, (expansion_id, person_id))
            if update_id is not None and not await _first_time(session, update_id):
                return await tally(session, expansion_id), own.feeling if own else None
            old, new = own.feeling if own else None, decide(own, feeling, native_in)
            if own is not None and new is None:
                await session.delete(own)
            elif feeling is not None:
                vote = Reaction(expansion_id=expansion_id, person_id=person_id, feeling=feeling, native_in=native_in)
                await session.merge(vote)
            await session.flush()
            if old or new:
                await _recount(session, expansion_id, person_id, old, new)
            counts = await tally(session, expansion_id)
        async with self._write() as session:
            await reweigh(session, person_id)
        return counts, new

    async def counts(self, expansion_id: int) -> dict[Feeling, int]:
        """Return how many people have each reaction to an expansion, published or not."""
        async with self._read() as session:
            return await tally(session, expansion_id)

    # many at once

    async def some(
        self,
        order: Order,
        period: Period,
        after: Place | None = None,
        limit: int = 24,
        start: float = 1.0,
        sought: Sought = EVERYTHING,
    ) -> Listing:
        """Return live posts in an order, from the top or after a place. The random order starts and ends at `start`."""
        async with self._read() as session:
            return await listed(session, order, period, after, limit, start, sought.conditions())

    async def author(self, page: str) -> Author | None:
        """Return the author whose page has this name, or None if they have no live post."""
        theirs = select(func.count()).select_from(Post).join(Person, Person.id == Post.person_id)
        async with self._read() as session:
            person = await session.scalar(select(Person).where(Person.page == page))
            count = await session.scalar(theirs.where(Person.page == page, status_is(Post, PostStatus.LIVE)))
            return Author(person, count) if person is not None and count else None

    async def show(self, post_ids: Iterable[int], person_id: int) -> dict[int, Feeling | None]:
        """Count these live posts as seen by a person, each once. Returns the person's reaction to each."""
        async with self._write() as session:
            await hold(session, person_id)
            felt: dict[int, Feeling | None] = {}
            for post_id in sorted(set(post_ids)):  # locked in order, so that no deadlock arises
                one = select(Post).where(Post.id == post_id, status_is(Post, PostStatus.LIVE))
                post = await session.scalar(one.with_for_update(key_share=True, of=Post))
                if post is None:
                    continue
                first = await impress(session, post.id, person_id)
                await count(
                    session, post.id, Counter(impressions=first * await weight(session, person_id, post.person_id))
                )
                own = await session.get(Reaction, (post.expansion_id, person_id))
                felt[post.id] = own.feeling if own else None
            return felt


def decide(own: Reaction | None, feeling: Feeling | None, native_in: int | None) -> Feeling | None:
    """Return a person's reaction after a tap or a native reaction, given the one before (`own`)."""
    old = own.feeling if own else None
    if native_in is None:
        return None if feeling is old else feeling
    if feeling is None and own is not None and own.native_in != native_in:
        return old
    return feeling


def _republish(post: Post, person_id: int) -> Post | None:
    if post.person_id != person_id:
        return None
    if post.status is PostStatus.HIDDEN:
        post.status = PostStatus.LIVE
    return post


async def _first_time(session: AsyncSession, update_id: int) -> bool:
    """Mark that an update had its effect. Returns False if it had before. One that is not in the inbox is new."""
    this = update(Received).where(Received.update_id == update_id, Received.effective.is_(False))
    if await session.scalar(this.values(effective=True).returning(Received.update_id)) is not None:
        return True
    return await session.get(Received, update_id) is None


async def _locked(session: AsyncSession, expansion_id: int) -> Expansion | None:
    """Return an expansion, locked so that nobody else changes its votes until the transaction ends."""
    one = select(Expansion).where(Expansion.id == expansion_id)
    return await session.scalar(one.with_for_update(key_share=True, of=Expansion))


async def _recount(
    session: AsyncSession, expansion_id: int, person_id: int, old: Feeling | None, new: Feeling | None
) -> None:
    """Update the counters of the expansion's post, if there is one, after a vote changed from `old` to `new`."""
    post = (
        await session.execute(select(Post.id, Post.person_id).where(Post.expansion_id == expansion_id))
    ).one_or_none()
    if post is None:
        return
    changes = Counter(impressions=int(await impress(session, post.id, person_id)))
    changes.update([COLUMNS[new]] if new else [])
    changes.subtract([COLUMNS[old]] if old else [])
    if await weight(session, person_id, post.person_id):
        await count(session, post.id, changes)
