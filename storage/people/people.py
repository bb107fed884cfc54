"""People and chats: their settings, and how a person is deleted."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.chain import containing
from storage.cleanup.notes import note
from storage.cleanup.orphans import drop_photos, stray_guests
from storage.database import get_or_add, hold, transactions
from storage.models import Chat, ChatGuest, Expansion, Film, Gallery, Message, Panel, Person, Photo, now
from storage.people.erasure import Forgotten, erase
from storage.people.export import Owned, export, pictures
from storage.people.guests import delete_guests, lock_guests
from storage.people.meeting import Known, look_up


class Settings(TypedDict, total=False):
    """The settings of a person or a chat that /settings may change. None is the default."""

    language: str | None
    direction: str | None
    scale: float | None
    style: str | None


class Habits(TypedDict, total=False):
    """What the bot learns by itself: whether panels open unfolded, and whether the person has met all styles."""

    adjusts: bool
    met_styles: bool


class People:
    """Stores people and chats."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._read, self._write = transactions(engine)

    async def meet(self, person: Person, chat: Chat, message_id: int | None = None) -> Known:
        """Add an author and a chat, or update what they are called, and return what is known about them."""
        async with self._read() as session:
            known, place, banned, message = await look_up(session, person.id, chat.id, message_id)
        if known is None or (known.name, known.language_code) != (person.name, person.language_code):
            known = await self.see(person.id, person.name, person.language_code)
        if place is None or (place.kind, place.title) != (chat.kind, chat.title):
            place = await self.see_chat(chat.id, chat.kind, chat.title)
        return Known(known, place, banned, message)

    async def see(self, person_id: int, name: str, language_code: str | None = None) -> Person:
        """Add a person, or update their name and language."""
        known = await self.person(person_id)
        if known is not None and (known.name, known.language_code) == (name, language_code):
            return known
        async with self._write() as session:
            person = await get_or_add(session, Person(id=person_id, name=name), Person.id == person_id)
            person.name, person.language_code = name, language_code
            return person

    async def person(self, person_id: int) -> Person | None:
        """Return a person, or None."""
        async with self._read() as session:
            return await session.get(Person, person_id)

    async def choose(self, person_id: int, **settings: Unpack[Settings]) -> None:
        """Change a person's settings."""
        async with self._write() as session:
            await session.execute(update(Person).where(Person.id == person_id).values(**settings))

    async def learn(self, person_id: int, **habits: Unpack[Habits]) -> None:
        """Record what a person is used to."""
        async with self._write() as session:
            await session.execute(update(Person).where(Person.id == person_id).values(**habits))

    async def consent(self, person_id: int) -> None:
        """Record that a person agreed to publishing. The first time counts."""
        async with self._write() as session:
            first = update(Person).where(Person.id == person_id, Person.consented_at.is_(None))
            await session.execute(first.values(consented_at=now()))

    # chats

    async def see_chat(self, chat_id: int, kind: str, title: str = "") -> Chat:
        """Add a chat, or update its kind and title."""
        async with self._write() as session:
            chat = await get_or_add(session, Chat(id=chat_id, kind=kind, title=title), Chat.id == chat_id)
            chat.kind, chat.title = kind, title
            return chat

    async def chat(self, chat_id: int) -> Chat | None:
        """Return a chat, or None."""
        async with self._read() as session:
            return await session.get(Chat, chat_id)

    async def groups(self) -> list[Chat]:
        """Return the groups that the bot is in."""
        async with self._read() as session:
            return list(await session.scalars(select(Chat).where(Chat.id < 0, Chat.gone_at.is_(None))))

    async def choose_chat(self, chat_id: int, **settings: Unpack[Settings]) -> None:
        """Change a chat's settings."""
        async with self._write() as session:
            await session.execute(update(Chat).where(Chat.id == chat_id).values(**settings))

    async def chat_gone(self, chat_id: int) -> None:
        """Record that the bot was blocked or removed, so that nothing can be sent to this chat."""
        async with self._write() as session:
            here = update(Chat).where(Chat.id == chat_id, Chat.gone_at.is_(None))
            await session.execute(here.values(gone_at=now()))

    async def chat_back(self, chat_id: int) -> None:
        """Record that the bot can send to this chat again."""
        async with self._write() as session:
            await session.execute(update(Chat).where(Chat.id == chat_id).values(gone_at=None))

    async def migrate_chat(self, old: int, new: int) -> None:
        """Move a group's rows to the id of its supergroup. Repeating it changes nothing.

        The old messages do not exist in the supergroup, which numbers its own from the start. Photos, panels and
        galleries therefore lose their message ids. Expansions and films keep them; a delivery that misses its message
        sends a new one.
        """
        async with self._write() as session:
            group = await session.get(Chat, old)
            if group is not None:
                await _copy_settings(session, group, new)
            for row in (Photo, Panel, Gallery):
                await session.execute(update(row).where(row.chat_id == old).values(chat_id=new, message_id=None))
            for kept in (Expansion, Film, ChatGuest):
                await session.execute(update(kept).where(kept.chat_id == old).values(chat_id=new))
            await session.execute(delete(Message).where(Message.chat_id == old))

    # stored data

    async def export(self, person_id: int) -> dict[str, list[dict[str, Any]]]:
        """Return every row that is stored about a person, by table."""
        return await export(self._engine, person_id)

    async def pictures(self, person_id: int) -> dict[str, Owned]:
        """Return the blobs of every image that is stored of a person, each with the expansion that made it, if any."""
        return await pictures(self._engine, person_id)

    # deletion

    async def forget(self, person_id: int, *, rehearse: bool = False) -> Forgotten:
        """Delete a person, all that they made, said or sent, and what others made from their images; note the blobs.

        A rehearsal changes nothing. It returns the work to do while the rows are still there to describe it.
        """
        async with self._write() as session:
            await hold(session, person_id)
            await lock_guests(session, person_id)
            ids = sorted(await session.scalars(select(containing(person_id).c.id)))
            erased = await erase(session, ids, person_id)
            blobs = erased.blobs + await _newest_blobs(session, person_id) + await delete_guests(session, person_id)
            await session.execute(delete(Person).where(Person.id == person_id))
            await session.execute(delete(Chat).where(Chat.id == person_id))  # a private chat has the id of its person
            await note(session, blobs + await stray_guests(session))
            if rehearse:
                await session.rollback()
        return erased.seen_by(person_id)


async def _newest_blobs(session: AsyncSession, person_id: int) -> list[str]:
    """Delete the photos that were added since this transaction began, and return their blobs.

    The lock waits for transactions that are adding rows of the person, and no other can begin to.
    """
    await session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    return await drop_photos(session, list(await session.scalars(select(Photo).where(Photo.person_id == person_id))))


async def _copy_settings(session: AsyncSession, group: Chat, new: int) -> None:
    """Copy the settings of an old chat to the new one, and delete the old one."""
    heir = await get_or_add(session, Chat(id=new, kind="supergroup", title=group.title), Chat.id == new)
    for setting in Settings.__annotations__:
        if getattr(heir, setting) is None:
            setattr(heir, setting, getattr(group, setting))
    await session.delete(group)
