"""Guests from a chat: cut-outs of published photos, by their authors' leave, and the pictures that they walk into."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.chain import showing
from storage.cleanup.notes import hasten, note, settle
from storage.cleanup.orphans import UNSEEN, stray_guests
from storage.cleanup.shelf import Kept
from storage.database import hold, transactions
from storage.models import Appearance, ChatGuest, Person, Post, PostStatus, status_is
from storage.people.erasure import Forgotten, erase


class Guests:
    """Stores guests. Each method is one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def of(self, post_id: int) -> ChatGuest | None:
        """Return the guest from a post, whether it is welcome or not, or None if there never was one."""
        async with self._read() as session:
            return await session.scalar(select(ChatGuest).where(ChatGuest.post_id == post_id))

    async def welcome(self, post_id: int, person_id: int, chat_id: int, kept: Kept) -> bool:
        """Let the cut-out of a live post of this person walk into new pictures of a chat.

        `kept` is the stored cut-out. Returns False if the post is not live or not theirs.
        """
        (blob,) = kept.keys
        async with self._write() as session:
            await hold(session, person_id)
            own = (Post.id == post_id, Post.person_id == person_id, status_is(Post, PostStatus.LIVE))
            post = await session.scalar(select(Post).where(*own).with_for_update(key_share=True, of=Post))
            if post is None:
                await hasten(session, kept.notes)
                return False
            guest = await session.scalar(select(ChatGuest).where(ChatGuest.post_id == post_id).with_for_update())
            if guest is None:
                session.add(ChatGuest(post_id=post_id, person_id=person_id, chat_id=chat_id, blob=blob))
                await settle(session, kept.notes)
            else:  # pictures that wait name the cut-out that there is
                guest.chat_id, guest.welcome = chat_id, True
                await hasten(session, kept.notes)
            return True

    async def refuse(self, post_id: int, person_id: int) -> None:
        """Let the guest from a post of this person walk into nothing new. The pictures that show it stay."""
        own = (ChatGuest.post_id == post_id, ChatGuest.person_id == person_id)
        async with self._write() as session:
            await session.execute(select(ChatGuest.id).where(*own).with_for_update())  # an invitation waits, or is seen
            await session.execute(update(ChatGuest).where(*own).values(welcome=False))
            gone = await session.scalars(delete(ChatGuest).where(*own, UNSEEN).returning(ChatGuest.blob))
            await note(session, list(gone))

    async def sweep(self) -> None:
        """Delete the guests that nothing shows any more, though they were shown or offered when they were withdrawn."""
        async with self._write() as session:
            await note(session, await stray_guests(session))

    async def authors(self, expansion_ids: Sequence[int]) -> list[str]:
        """Return the names of the people whose guests some expansions show, each once."""
        who = (
            select(Person.id, Person.name)
            .join(ChatGuest, ChatGuest.person_id == Person.id)
            .join(Appearance, Appearance.guest_id == ChatGuest.id)
            .where(Appearance.expansion_id.in_(expansion_ids))
        )
        async with self._read() as session:
            return [name for _, name in await session.execute(who.distinct().order_by(Person.id))]

    async def dismiss(self, expansion_id: int, *, rehearse: bool = False) -> Forgotten | None:
        """Delete the guest from an expansion's post, and every expansion that shows it. Returns None if there is none.

        A rehearsal changes nothing. It returns the work to do while the rows are still there to describe it.
        """
        async with self._write() as session:
            whose = select(ChatGuest).join(Post, Post.id == ChatGuest.post_id).where(Post.expansion_id == expansion_id)
            guest = await session.scalar(whose.with_for_update(of=ChatGuest))  # an invitation waits, or is seen below
            if guest is None:
                return None
            person_id = guest.person_id
            ids = sorted(await session.scalars(select(showing(guest.id).c.id)))
            erased = await erase(session, ids)
            await session.execute(delete(ChatGuest).where(ChatGuest.id == guest.id))
            await note(session, [guest.blob, *erased.blobs, *await stray_guests(session)])
            if rehearse:
                await session.rollback()
        return erased.seen_by(person_id)


async def delete_guests(session: AsyncSession, person_id: int) -> list[str]:
    """Delete the guests of a person, and return the keys of their blobs."""
    theirs = delete(ChatGuest).where(ChatGuest.person_id == person_id).returning(ChatGuest.blob)
    return list(await session.scalars(theirs))


async def lock_guests(session: AsyncSession, person_id: int) -> None:
    """Wait for the transactions that invite the guests of a person, and let no other begin to."""
    theirs = select(ChatGuest.id).where(ChatGuest.person_id == person_id).order_by(ChatGuest.id)
    await session.execute(theirs.with_for_update())
