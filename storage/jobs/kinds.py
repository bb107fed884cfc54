"""What tells one kind of job from another; all else is the same for every kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Job

Record = Callable[[AsyncSession], Awaitable[object]]  # what is written in the transaction that ends a job


@dataclass(frozen=True)
class JobKind:
    """`names` are the values of `Job.kind` that one queue serves; where a name is left out, the first is meant.

    `record_end` runs in the transaction that ends a job, however it ends: it writes that into the subject's row.
    """

    names: tuple[str, ...]
    record_end: Callable[[AsyncSession, Job], Awaitable[None]]
    one_each: bool = False  # of one person's jobs, one runs at a time; an index of the table proves it
