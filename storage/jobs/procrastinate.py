"""Procrastinate carries the jobs: it decides which one is next, and one of its jobs stands for each free row.

Its functions run on the connection of the transaction that changes the row, so a job of the engine and its row cannot
differ after a crash. Therefore its own workers are not used: a worker of Procrastinate fetches in one transaction and
finishes in another, ends when PostgreSQL restarts, and rescues nothing. The lease in the row tells who is alive.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from procrastinate import exceptions
from procrastinate.connector import BaseAsyncConnector
from procrastinate.jobs import Job as Ticket
from procrastinate.jobs import Status as TicketStatus
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from sqlalchemy import ColumnElement, Text, cast, column, delete, exists, func, or_, select, table
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from storage.jobs.dispatch import ANY, ORDER, Chosen
from storage.jobs.kinds import JobKind
from storage.models import LIVE_STATUSES, Job

SWEEP = 10.0  # seconds between two sweeps of a program
LOCK = 0x6B756F  # "kuo" in ASCII; the advisory lock of sweeps, together with a hash of the queue's name
AHEAD = 10**9  # the engine's priorities are 32-bit integers, so jobs of priority 1 come before turns below this number
BATCH = 1000  # rows that one sweep hands to the engine
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # a retried job is due at once, whatever this machine's clock says
TICKETS = table("procrastinate_jobs", column("id"), column("queue_name"), column("status"), column("priority"))
PRIORITY = Job.priority * AHEAD - Job.turn  # the engine runs the highest first


class ByProcrastinate:
    """Chooses by Procrastinate. Its queues hold the jobs of a kind and a preset; a lock of the engine is a person."""

    def __init__(self, kind: JobKind, sweep: float = SWEEP) -> None:
        self._kind, self._every = kind, sweep
        self._queue = kind.names[0]
        self._next_sweep = 0.0

    async def tend(self, session: AsyncSession, *free: ColumnElement[bool]) -> None:
        """Sweep: give each free row a ticket if it has none that waits, and delete tickets that stand for no open row.

        One program of the cluster does it at a time. Rows lack a ticket if a program was killed between storing their
        message and `put`, or if somebody deleted the engine's job.
        """
        if time.monotonic() < self._next_sweep:
            return
        self._next_sweep = time.monotonic() + self._every
        if await session.scalar(select(func.pg_try_advisory_xact_lock(LOCK, func.hashtext(self._queue)))):
            await session.execute(self._orphans())
            await self.add(session, *free)

    async def choose(
        self, session: AsyncSession, presets: Collection[str], *free: ColumnElement[bool]
    ) -> Chosen | None:
        queues = [self._queue_of(preset) for preset in (ANY, *presets)]
        async with self._engine(session) as engine:
            # no worker id: the row's lease tells who works
            ticket = await engine.fetch_job(queues, None)  # type: ignore[arg-type]
        return None if ticket is None else Chosen(int(str(ticket.task_kwargs["job"])), ticket.id)

    async def add(self, session: AsyncSession, *free: ColumnElement[bool]) -> None:
        """Give tickets to the free rows that have none which waits at their priority."""
        waits = (TICKETS.c.id == Job.ticket, cast(TICKETS.c.status, Text) == "todo", TICKETS.c.priority == PRIORITY)
        lost = select(Job).where(*free, ~exists().where(*waits)).order_by(*ORDER).limit(BATCH)
        await self.again(session, list(await session.scalars(lost.with_for_update(skip_locked=True, of=Job))))

    async def again(self, session: AsyncSession, jobs: Sequence[Job]) -> None:
        new = [job for job in jobs if not await self._retried(session, job)]
        if new:
            async with self._engine(session) as engine:
                tickets = await engine.batch_defer_jobs_async([self._ticket(job) for job in new])
            for job, ticket in zip(new, tickets, strict=True):
                job.ticket = ticket.id
            await session.flush()

    async def done(self, session: AsyncSession, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if job.ticket is not None:
                await self._ended(session, job.ticket)

    async def forget(self, session: AsyncSession, chosen: Chosen) -> None:
        if chosen.ticket is not None:
            await self._ended(session, chosen.ticket)

    def _queue_of(self, preset: str) -> str:
        return f"{self._queue}/{preset}" if preset else self._queue

    def _ticket(self, job: Job) -> Ticket:
        person = f"{self._queue} of {job.person_id}" if self._kind.one_each and job.person_id is not None else None
        return Ticket(
            queue=self._queue_of(job.preset),
            task_name=f"kuotu.{job.kind}",
            task_kwargs={"job": job.id},
            priority=job.priority * AHEAD - job.turn,
            lock=person,
            queueing_lock=None,  # with one, retrying fails while another job of the lock waits
        )

    async def _retried(self, session: AsyncSession, job: Job) -> bool:
        """Let the engine's job wait again with its old number. Returns False if that job does not run."""
        if job.ticket is None:
            return False
        try:
            async with session.begin_nested(), self._engine(session) as engine:
                await engine.retry_job_by_id_async(job.ticket, retry_at=LONG_AGO)
        except OperationalError:
            return False
        return True

    async def _ended(self, session: AsyncSession, ticket: int) -> None:
        try:
            async with session.begin_nested(), self._engine(session) as engine:
                await engine.finish_job_by_id_async(ticket, TicketStatus.SUCCEEDED, delete_job=True)
        except OperationalError:
            pass  # somebody has deleted it

    def _orphans(self) -> Any:
        """Delete the engine's jobs whose row was deleted, has ended, or holds another ticket."""
        held = exists().where(Job.ticket == TICKETS.c.id, Job.status.in_(LIVE_STATUSES), Job.settled_at.is_(None))
        name = TICKETS.c.queue_name
        ours = or_(name == self._queue, name.startswith(f"{self._queue}/"))
        these = select(TICKETS.c.id).where(ours, ~held).with_for_update(skip_locked=True)
        return delete(TICKETS).where(TICKETS.c.id.in_(these))

    @asynccontextmanager
    async def _engine(self, session: AsyncSession) -> AsyncIterator[JobManager]:
        """Give the engine's manager on the session's transaction. Its errors become those of SQLAlchemy."""
        raw = await (await session.connection()).get_raw_connection()
        try:
            yield JobManager(_Joined(raw.driver_connection))
        except exceptions.UniqueViolation as error:
            raise IntegrityError("procrastinate", None, error) from error
        except exceptions.ConnectorException as error:
            raise OperationalError("procrastinate", None, error.__cause__ or error) from error


class _Joined(BaseAsyncConnector):
    """Runs the engine's queries on one open connection, in its transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._psycopg = PsycopgConnector()

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        await self.execute_query_all_async(query, **arguments)

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        row: dict[str, Any] = await self._psycopg.execute_query_one_async_with_connection(
            self._connection, query, **arguments
        )
        return row

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await self._psycopg.execute_query_all_async_with_connection(
            self._connection, query, **arguments
        )
        return rows
