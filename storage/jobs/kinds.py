"""Defines what differs between kinds of jobs. Everything else is shared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Job

Record = Callable[[AsyncSession], Awaitable[object]]  # writes more rows in the transaction that ends a job


@dataclass(frozen=True)
class JobKind:
    """`names` are the values of `Job.kind` that one queue serves. Methods without a given name mean the first one.

    `record_end` runs in the transaction that ends a job, however it ends, and updates the row of its subject.
    """

    names: tuple[str, ...]
    record_end: Callable[[AsyncSession, Job], Awaitable[None]]
    one_each: bool = False  # at most one job per person runs; a unique index enforces it
