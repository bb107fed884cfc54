"""The queue in the database, on SQLite or PostgreSQL: jobs are rows, and workers take them by leases."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import transactions
from storage.jobs.calm import Calm
from storage.jobs.clock import from_now
from storage.jobs.dispatch import ANY, ORDER, RUNNING_FIRST, ByTurn, Dispatch
from storage.jobs.handover import Handover
from storage.jobs.idle import Nothing
from storage.jobs.kinds import JobKind, Record
from storage.jobs.lease import CLAIM, LEASE, about, begun, cancelled, claim, given_back, leased, nobodys
from storage.jobs.listing import free_jobs, in_order, number_of, open_jobs, place_of
from storage.jobs.news import News
from storage.jobs.queue import Beat
from storage.models import FINAL_STATUSES, LIVE_STATUSES, Job, Status


class EmbeddedQueue:
    """The queue of one kind of job. See `Queue` for the methods.

    Programs on the same PostgreSQL are notified of changes at once, others look every two seconds. `dispatch` chooses
    the next job, by default from the table itself.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        kind: JobKind,
        news: News | None = None,
        lease: timedelta = LEASE,
        dispatch: Dispatch | None = None,
    ) -> None:
        self.kind = kind
        self._dispatch = dispatch or ByTurn(kind)
        self._read, write = transactions(engine)
        self._calm, self._lease = Calm(write), lease
        self._write = self._calm.write
        self._looking = asyncio.Lock()  # one worker of a program looks for jobs at a time
        self._nothing: dict[frozenset[str], Nothing] = {}  # by what the workers that looked serve
        self._bells, self._handover = (news or News(engine)).of(kind.names[0]), Handover()

    # for programs that start and cancel jobs

    async def put(self, subjects: Sequence[int]) -> None:
        async with self._write() as session:
            await self._dispatch.add(session, *free_jobs(self.kind), Job.subject.in_(list(subjects)))
            await self._bells.announce(session)
        self._bells.call_workers()

    async def cancel(self, subject: int, name: str = "") -> bool:
        async with self._write() as session:
            ask = update(Job).where(*about(name or self.kind.names[0], subject), Job.status.in_(LIVE_STATUSES))
            ask = ask.values(cancelled(session))
            job = await session.scalar(ask.returning(Job))
            await self._record_ends(session, [job] if job is not None else [])
            await self._bells.announce(session)
        self._bells.ring()
        return job is not None

    async def position(self, subject: int, name: str = "") -> int:
        async with self._read() as session:
            return await session.scalar(place_of(self.kind, name or self.kind.names[0], subject)) or 0

    async def counts(self, presets: Collection[str] | None = None) -> dict[Status, int]:
        async with self._read() as session:
            return {s: await session.scalar(number_of(self.kind, s, presets)) or 0 for s in LIVE_STATUSES}

    async def jobs(self, subjects: Iterable[int]) -> list[Job]:
        these = (Job.kind.in_(self.kind.names), Job.subject.in_(list(subjects)))
        async with self._read() as session:
            return list(await session.scalars(select(Job).where(*these).order_by(RUNNING_FIRST, *ORDER)))

    # for workers

    async def take(self, owner: str, presets: Collection[str] = ()) -> Job | None:
        async with self._looking:
            self._bells.listen()
            news, served = self._bells.mark(), frozenset(presets)
            if self._nothing.get(served, Nothing()).after(news):
                return None
            job = await self._look(owner, served)
            if job is None:
                self._nothing[served] = Nothing(news, time.monotonic())
            return job

    async def _look(self, owner: str, presets: Collection[str]) -> Job | None:
        while True:
            try:
                async with self._write() as session:
                    rescued = await self._rescue(session)
                    job = await self._take(session, owner, presets)
                    if rescued or job is not None:
                        await self._bells.announce(session, quietly=not rescued)
            except IntegrityError:  # another program has just started a job of the same person, so choose again
                continue
            if rescued:
                self._bells.ring()
            elif job is not None:
                self._bells.tell_watchers()
            return job

    async def wait(self, seconds: float | None = None) -> None:
        await self._bells.wait(seconds)

    async def beat(self, job: Job, progress: float | None = None) -> Beat:
        self._bells.listen()
        reached = {} if progress is None else {"progress": progress}
        async with self._write() as session:
            renew = update(Job).where(*leased(job)).values(until=from_now(session, self._lease), **reached)
            cancel = await session.scalar(renew.returning(Job.cancel))
            if reached:
                await self._bells.announce(session, quietly=True)
        if reached:
            self._bells.tell_watchers()
        return Beat.of(cancel)

    async def ask(self, job: Job) -> Beat:
        self._bells.listen()
        async with self._read() as session:
            return Beat.of(await session.scalar(select(Job.cancel).where(*leased(job))))

    async def finish(self, job: Job, status: Status, record: Record | None = None, error: str | None = None) -> bool:
        async with self._write() as session:
            ended = {"status": status, "ended_at": from_now(session), "error": error} | self._handover.claim(session)
            ended |= {"progress": 1.0} if status is Status.DONE else {}
            mine = await session.scalar(update(Job).where(*leased(job)).values(ended).returning(Job))
            if mine is None:
                return await self._handover.regain(session, job)
            await self._record_ends(session, [mine])
            await self._dispatch.done(session, [mine])
            if record is not None:
                await record(session)
                await self._dispatch.add(session, *free_jobs(self.kind), Job.person_id == mine.person_id)
            await self._bells.announce(session)
        self._handover.hand(mine)
        self._bells.ring()
        return True

    async def retry(self, job: Job, error: str) -> bool:
        return [one.status for one in await self._let_go(job, error=error)] == [Status.WAITING]

    async def release(self, job: Job) -> None:
        await self._let_go(job, tried=False)

    async def rescue(self, *, every_lease: bool = False) -> list[int]:
        async with self._write() as session:
            rescued = await self._rescue(session, every_lease=every_lease)
            if every_lease:
                held = update(Job).where(Job.kind.in_(self.kind.names), Job.owner.is_not(None))
                await session.execute(held.values(until=from_now(session)))
            if rescued:
                await self._bells.announce(session)
        if rescued:
            self._bells.ring()
        return [job.subject for job in rescued]

    async def open_up(self, presets: Collection[str]) -> None:
        async with self._write() as session:
            strange = (*open_jobs(self.kind, Status.WAITING), Job.preset.not_in([ANY, *presets]))
            await session.execute(update(Job).where(*strange).values(preset=ANY, ticket=None))

    # for programs that show jobs

    async def live(self, limit: int) -> list[Job]:
        running = in_order(limit, *open_jobs(self.kind, Status.RUNNING))
        waiting = in_order(limit, *free_jobs(self.kind))
        async with self._read() as session:
            return [*await session.scalars(running), *await session.scalars(waiting)][:limit]

    async def watch(self, seconds: float | None = None) -> None:
        await self._bells.watch(seconds)

    async def claim_ended(self, owner: str, limit: int) -> list[Job]:
        self._bells.keep_watching()
        ended = open_jobs(self.kind, *FINAL_STATUSES)
        return self._handover.fetch(owner, limit) or await self._claim(owner, limit, *ended)

    async def leave(self) -> None:
        for job in self._handover.leave():
            await self.hold(job, 0)

    async def claim_unplaced(self, owner: str, limit: int) -> list[Job]:
        self._bells.keep_watching()
        return await self._claim(owner, limit, *open_jobs(self.kind, Status.WAITING), Job.owner.is_not(None))

    async def hold(self, job: Job, seconds: float | None = None) -> bool:
        async with self._write() as session:
            held = CLAIM if seconds is None else timedelta(seconds=seconds)
            keep = update(Job).where(Job.id == job.id, Job.fence == job.fence)
            return await session.scalar(keep.values(until=from_now(session, held)).returning(Job.id)) is not None

    # queries that several methods share

    async def _take(self, session: AsyncSession, owner: str, presets: Collection[str]) -> Job | None:
        await self._dispatch.tend(session, *free_jobs(self.kind))
        while (chosen := await self._dispatch.choose(session, presets, *free_jobs(self.kind))) is not None:
            taken = update(Job).where(Job.id == chosen.row, *free_jobs(self.kind))
            taken = taken.values(begun(session, owner, self._lease) | {"ticket": chosen.ticket})
            fresh = {"populate_existing": True}  # this transaction may have rescued the job and hold a stale object
            if (job := (await session.scalars(taken.returning(Job), execution_options=fresh)).first()) is not None:
                return job
            await self._dispatch.forget(session, chosen)
        return None

    async def _claim(self, owner: str, limit: int, *where: ColumnElement[bool]) -> list[Job]:
        async with self._read() as session:  # most looks find nothing, and should not wait for their turn to write
            if await session.scalar(nobodys(session, *where).limit(1)) is None:
                return []
        async with self._write() as session:
            return await claim(session, owner, limit, *where)

    async def _rescue(self, session: AsyncSession, *, every_lease: bool = False) -> list[Job]:
        if not (self._calm or every_lease):
            return []
        running = select(Job.id).where(*open_jobs(self.kind, Status.RUNNING))
        stale = running if every_lease else running.where(Job.until < from_now(session))
        these = Job.id.in_(stale.with_for_update(skip_locked=True))
        return await self._give_back(session, these, error="the worker stopped before it ended the job")

    async def _let_go(self, job: Job, *, tried: bool = True, error: str | None = None) -> list[Job]:
        async with self._write() as session:
            back = await self._give_back(session, *leased(job), tried=tried, error=error)
            await self._bells.announce(session)
        self._bells.ring()
        return back

    async def _give_back(
        self, session: AsyncSession, *where: ColumnElement[bool], tried: bool = True, error: str | None = None
    ) -> list[Job]:
        values = given_back(session, tried=tried) | ({} if error is None else {"error": error})
        back = list(await session.scalars(update(Job).where(*where).values(values).returning(Job)))
        await self._record_ends(session, back)
        await self._dispatch.done(session, [job for job in back if job.status.final])
        await self._dispatch.again(session, [job for job in back if not job.status.final])
        return back

    async def _record_ends(self, session: AsyncSession, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if job.status.final:
                await self.kind.record_end(session, job)
