"""A ring makes one idle worker of a program ask the database, and not all of them."""

from __future__ import annotations

import asyncio

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.expansions import Store
from storage.jobs.idle import Nothing
from storage.jobs.queue import Queue
from storage.models import Photo, Status
from tests.support.rows import start

CROWD = 16


async def test_idle_workers_share_one_look(engine: AsyncEngine, store: Store, queue: Queue, source: Photo) -> None:
    transactions = 0

    @event.listens_for(engine.sync_engine, "begin")
    def count(_connection: object) -> None:
        nonlocal transactions
        transactions += 1

    assert await asyncio.gather(*(queue.take(f"worker {n}") for n in range(CROWD))) == [None] * CROWD
    assert transactions == 1
    row = await start(store, source)
    transactions = 0
    await queue.put([row.id])
    taken = [job for job in await asyncio.gather(*(queue.take(f"worker {n}") for n in range(CROWD))) if job]
    assert [job.subject for job in taken] == [row.id]
    assert transactions < CROWD / 2
    assert await queue.finish(taken[0], Status.DONE)
    event.remove(engine.sync_engine, "begin", count)


def test_it_is_believed_without_news_and_for_a_moment() -> None:
    news = object()
    seen = Nothing(news, at=float("inf"))
    assert seen.after(news)
    assert not seen.after(object())
    assert not Nothing(news, at=0.0).after(news)
    assert not Nothing().after(None)
