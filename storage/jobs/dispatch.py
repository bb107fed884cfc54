"""Decides which of the free jobs of a kind a worker takes next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, case, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.jobs.kinds import JobKind
from storage.models import Job, Status, status_is

ORDER = (Job.priority.desc(), Job.turn, Job.id)
ANY = ""  # the preset of jobs that every worker may take
RUNNING_FIRST = case((status_is(Job, Status.RUNNING), 0), else_=1)


class Chosen(NamedTuple):
    """The id of a row to take, and the ticket under which another engine carries it, if one does."""

    row: int
    ticket: int | None = None


class Dispatch(Protocol):
    """Chooses jobs. Every method runs in the transaction that changes the rows, so both change together or not at all.

    The row is the truth. A dispatcher that chooses a row which is not free (any more) is told so by `forget`.
    """

    async def tend(self, session: AsyncSession, *free: ColumnElement[bool]) -> None:
        """Repair what a killed program left behind. Called before every choice, so it returns at once when idle."""

    async def choose(
        self, session: AsyncSession, presets: Collection[str], *free: ColumnElement[bool]
    ) -> Chosen | None:
        """Return the free job to take next, or None. `free` are the conditions for free rows of the kind.

        Only jobs that name one of the presets or none are chosen.
        """

    async def add(self, session: AsyncSession, *free: ColumnElement[bool]) -> None:
        """Jobs that match these conditions have become free."""

    async def again(self, session: AsyncSession, jobs: Sequence[Job]) -> None:
        """These jobs were taken and wait again, each in its old place."""

    async def done(self, session: AsyncSession, jobs: Sequence[Job]) -> None:
        """These jobs were taken and have ended."""

    async def forget(self, session: AsyncSession, chosen: Chosen) -> None:
        """What was chosen is not free, because it was cancelled, deleted or taken."""


class ByTurn:
    """Chooses from the table itself: by priority, turn and age, at most one per person if the kind says so."""

    def __init__(self, kind: JobKind) -> None:
        self._kind = kind

    async def tend(self, session: AsyncSession, *free: ColumnElement[bool]) -> None:
        pass  # there is no second record that could differ

    async def choose(
        self, session: AsyncSession, presets: Collection[str], *free: ColumnElement[bool]
    ) -> Chosen | None:
        first = select(Job.id).where(*free, Job.preset.in_([ANY, *presets])).order_by(*ORDER).limit(1)
        if self._kind.one_each:
            running = aliased(Job)
            same = (running.person_id == Job.person_id, running.kind == Job.kind)
            # what runs is never settled; to say so lets PostgreSQL use the index of open jobs
            runs = (status_is(running, Status.RUNNING), running.settled_at.is_(None))
            first = first.where(~exists().where(*same, *runs))
        row = await session.scalar(first.with_for_update(skip_locked=True, of=Job))
        return None if row is None else Chosen(row)

    async def add(self, session: AsyncSession, *free: ColumnElement[bool]) -> None:
        pass  # the rows are the queue

    async def again(self, session: AsyncSession, jobs: Sequence[Job]) -> None:
        pass

    async def done(self, session: AsyncSession, jobs: Sequence[Job]) -> None:
        pass

    async def forget(self, session: AsyncSession, chosen: Chosen) -> None:
        pass
