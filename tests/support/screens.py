"""A screen for tests of `bot.jobs.watch`, which records what a program shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.jobs.watch import Watch
from storage.models import Job, Status


async def never(jobs: Sequence[int]) -> None:
    raise AssertionError(f"jobs {jobs} are not held for their message")


@dataclass
class Recorder:
    """Implements `bot.jobs.watch.Screen`. What its functions note is read back by the program."""

    note_shown: Callable[[Job], Awaitable[object]]
    note_placed: Callable[[Sequence[int]], Awaitable[object]] = never
    placed: list[int] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    ends: asyncio.Queue[tuple[int, Status]] = field(default_factory=asyncio.Queue)
    told: list[tuple[int, Status, float]] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # nothing is shown until it is set
    refusals: int = 0  # how many times the network refuses

    def __post_init__(self) -> None:
        self.gate.set()

    async def place(self, jobs: Sequence[Job]) -> None:
        self.placed += [job.subject for job in jobs]
        await self.note_placed([job.subject for job in jobs])

    async def show(self, job: Job) -> float | None:
        self.shown.append(job.subject)
        self.begun.set()
        await self.gate.wait()
        if self.refusals:
            self.refusals -= 1
            return 0.0
        await self.note_shown(job)
        self.ends.put_nowait((job.subject, job.status))
        return None

    async def changed(self, jobs: Sequence[Job]) -> None:
        self.told += [(job.subject, job.status, job.progress) for job in jobs]


@asynccontextmanager
async def watching(*watches: Watch) -> AsyncIterator[None]:
    """Run programs that watch jobs."""
    tasks = [asyncio.create_task(watch.run()) for watch in watches]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
