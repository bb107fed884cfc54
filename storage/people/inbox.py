"""Received updates. They are stored before Telegram is told that they arrived, and kept until they were handled.

Several programs may serve the same chats, and Telegram may bring them the updates of one person in any order. So a
person's updates are claimed together by one program, which handles them one by one; a claim is a lease that it renews.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import aliased

from storage.database import transactions
from storage.jobs.clock import from_now
from storage.jobs.news import News
from storage.models import Received, now

REMEMBERED = timedelta(hours=24)  # Telegram delivers an update again within this time at most
LEASE = timedelta(seconds=10)  # of a claim
RENEW = 3.0  # seconds between two renewals of the claims that a program holds
LOT = 256  # people whose updates one look claims, so that programs share what a dead one has left; most ids in a list
LOCK = 0x696E62  # "inb" in ASCII; the advisory lock of a person's updates, together with the end of the person's id
NAME = "inbox"
INBOX = Received.metadata.tables[Received.__tablename__]  # statements on it cost half of those on the mapped class


@dataclass(frozen=True)
class Unhandled:
    """An update that another run or program left. `tries` counts how often its handling has begun."""

    update_id: int
    body: str
    tries: int


class Arrived(NamedTuple):
    """An update as it is stored. The updates of one `person` are handled in the order of their ids."""

    person: int
    body: str


class Recorded(NamedTuple):
    """The updates that were stored for the first time, and those, of these and the begun ones, that are ours."""

    new: set[int]
    ours: set[int]


class Inbox:
    """At-least-once delivery: an update that a crash interrupts is handled again."""

    def __init__(self, engine: AsyncEngine, news: News | None = None) -> None:
        self._read, self._write = transactions(engine)
        self._postgres = engine.dialect.name == "postgresql"
        self._bells = (news or News(engine)).of(NAME)
        self._me = token_hex(8)
        self._elsewhere = self._not_only_ours()
        self._new = self._unless_there()

    async def record(
        self, received: Mapping[int, Arrived], begun: Collection[int] = (), done: Collection[int] = ()
    ) -> Recorded:
        """Store and claim new updates (by id), count tries that begin now, and record updates that were handled.

        All of it is one transaction. It may be repeated if it is unknown whether it was committed. An update may arrive
        more than once, and updates of people whose earlier ones another program has are left to that program.
        """
        async with self._write() as session:
            owners = await self._add(session, received, begun)
            ours = {number for number, owner in owners.items() if owner is not None}
            if again := [number for number in begun if number not in received]:
                ours |= await self._begin(session, again)
            if done:
                these = update(Received).where(Received.update_id.in_(done))
                await session.execute(these.values(handled_at=now(), body="", person=0, owner=None, until=None))
            left = None in owners.values()
            if left:
                await self._bells.announce(session)
        if left:
            self._bells.ring()
        return Recorded(set(owners), ours)

    async def claim(self) -> list[Unhandled]:
        """Claim updates of people of whom no other living program holds any, oldest first."""
        self._bells.keep_watching()
        async with self._read() as session:
            left = select(Received.person).where(*self._left(session)).distinct().limit(LOT)
            people = set(await session.scalars(left))
        if not people:
            return []
        async with self._write() as session:
            await self._lock(session, people)
            these = update(Received).where(*self._left(session), Received.person.in_(people))
            claim = these.values(self._claimed(session)).returning(Received.update_id, Received.body, Received.tries)
            rows = await session.execute(claim, execution_options={"synchronize_session": False})
            return sorted((Unhandled(*row) for row in rows), key=lambda left: left.update_id)

    async def wait(self) -> None:
        """Wait until another program may have left updates to this one, or the regular look is due."""
        await self._bells.watch(None)

    async def renew(self, first: Sequence[int]) -> None:
        """Keep the claims of this program. The first update of each person is enough: it holds the others."""
        for start in range(0, len(first), LOT):
            async with self._write() as session:
                ours = (Received.update_id.in_(first[start : start + LOT]), Received.owner == self._me)
                await session.execute(update(Received).where(self._open(), *ours).values(self._claimed(session)))

    async def release(self) -> None:
        """Leave to other programs what this one will not handle, because it ends."""
        async with self._write() as session:
            ours = update(Received).where(self._open(), Received.owner == self._me)
            await session.execute(ours.values(owner=None, until=None))
            await self._bells.announce(session)

    async def free(self) -> None:
        """Undo all claims. For the start of the only program on a database, whose former lives have made them."""
        async with self._write() as session:
            await session.execute(update(Received).where(self._open()).values(owner=None, until=None))

    async def sweep(self) -> None:
        """Delete the ids that were handled long ago."""
        async with self._write() as session:
            await session.execute(delete(Received).where(Received.handled_at < now() - REMEMBERED))

    async def _add(
        self, session: AsyncSession, received: Mapping[int, Arrived], begun: Collection[int]
    ) -> dict[int, str | None]:
        """Add the new ones among these updates. Returns who owns each: this program, or nobody yet."""
        if not received:
            return {}
        people = {one.person for one in received.values()}
        await self._lock(session, people)
        connection = await session.connection()
        taken = {found.person for found in await connection.execute(self._elsewhere, {"people": list(people)})}
        rows = [
            {"update_id": number, **one._asdict()}
            | (
                {"owner": None, "tries": 0}
                if one.person in taken
                else {"owner": self._me, "tries": int(number in begun)}
            )
            for number, one in received.items()
        ]
        add = self._new.values(until=from_now(session, LEASE))
        return {row.update_id: row.owner for row in await connection.execute(add, rows)}

    async def _begin(self, session: AsyncSession, begun: Collection[int]) -> set[int]:
        """Count a try of these updates. Returns those that no other program has claimed or handled meanwhile."""
        ours = update(INBOX).where(self._open(), Received.update_id.in_(begun), Received.owner == self._me)
        tried = ours.values(tries=Received.tries + 1, **self._claimed(session)).returning(Received.update_id)
        return set((await (await session.connection()).execute(tried)).scalars())

    async def _lock(self, session: AsyncSession, people: Collection[int]) -> None:
        """Let programs that store or claim updates of the same people wait. SQLite has one writer anyway."""
        if self._postgres:
            keys = literal(sorted({person % 2**31 for person in people}), ARRAY(Integer))  # an order avoids deadlocks
            key = func.unnest(keys).column_valued("key")
            await session.execute(select(func.pg_advisory_xact_lock(LOCK, key)))

    def _not_only_ours(self) -> Select[int]:
        """Select those of the `people` of whom another program, or nobody yet, has open updates."""
        these = Received.person.in_(bindparam("people", expanding=True))
        return select(Received.person).where(self._open(), self._not_ours(), these).distinct()

    def _unless_there(self) -> Any:
        """Insert rows that are not there, and return them and those whose commit was not confirmed to this program."""
        insert = postgresql.insert if self._postgres else sqlite.insert
        again, same = and_(self._open(), Received.owner == self._me), {"tries": Received.tries}
        add = insert(INBOX).on_conflict_do_update(index_elements=["update_id"], set_=same, where=again)
        return add.returning(Received.update_id, Received.owner)

    def _claimed(self, session: AsyncSession) -> dict[str, object]:
        return {"owner": self._me, "until": from_now(session, LEASE)}

    def _left(self, session: AsyncSession) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions for open updates of people of whom no other living program holds any."""
        other = aliased(Received)
        held = (other.handled_at.is_(None), other.owner != self._me, other.until >= from_now(session))
        return self._open(), self._not_ours(), ~exists().where(other.person == Received.person, *held)

    def _open(self) -> ColumnElement[bool]:
        return Received.handled_at.is_(None)

    def _not_ours(self) -> ColumnElement[bool]:
        return or_(Received.owner.is_(None), Received.owner != self._me)
