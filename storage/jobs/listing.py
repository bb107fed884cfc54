"""Queries that read the table of jobs."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from storage.jobs.dispatch import ANY, ORDER
from storage.jobs.kinds import JobKind
from storage.models import Job, Status


def open_jobs(kind: JobKind, *statuses: Status) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for jobs with these statuses whose end has not been settled."""
    return Job.kind.in_(kind.names), Job.status.in_(statuses), Job.settled_at.is_(None)


def free_jobs(kind: JobKind) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for waiting jobs that a worker may take."""
    return *open_jobs(kind, Status.WAITING), Job.owner.is_(None)


def number_of(kind: JobKind, status: Status, presets: Collection[str] | None) -> Select[int]:
    """Select the number of open jobs with a status, all or only those that workers with these presets may take."""
    count = select(func.count()).select_from(Job).where(*open_jobs(kind, status))
    return count if presets is None else count.where(Job.preset.in_([ANY, *presets]))


def place_of(kind: JobKind, name: str, subject: int) -> Select[int]:
    """Select the place of a waiting job among the free ones. 1 is next."""
    own = aliased(Job)
    ahead = or_(
        Job.priority > own.priority,
        and_(Job.priority == own.priority, tuple_(Job.turn, Job.id) < tuple_(own.turn, own.id)),
    )
    others = select(func.count()).select_from(Job).where(*free_jobs(kind), ahead).scalar_subquery()
    this = (own.kind == name, own.subject == subject, own.status == Status.WAITING)
    return select(others + 1).where(*this)


def in_order(limit: int, *where: ColumnElement[bool]) -> Select[Job]:
    """Select the first of these jobs in the order of the queue."""
    return select(Job).where(*where).order_by(*ORDER).limit(limit)
