"""The numbers of the last days that /stats draws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.expansions import Store
from storage.models import Expansion, Post, Status
from storage.statistics import Surprise
from tests.support.rows import ANN, BOB, add, add_people, make, photo, queue_on, start

TODAY = datetime(2030, 6, 15, 18, tzinfo=UTC)


async def changed(engine: AsyncEngine, expansion: Expansion, **values: Any) -> None:
    async with transactions(engine).write() as session:
        await session.execute(update(Expansion).where(Expansion.id == expansion.id).values(**values))


def ran(day: datetime, waited: int, ran: int) -> dict[str, datetime]:
    started = day + timedelta(seconds=waited)
    return {"created_at": day, "started_at": started, "finished_at": started + timedelta(seconds=ran)}


async def test_rows_are_put_into_their_days(engine: AsyncEngine) -> None:
    await add_people(engine, ANN, BOB)
    store, queue = Store(engine), queue_on(engine)
    source, yesterday = await store.photos.add(photo(ANN)), TODAY - timedelta(days=1)
    for day, waited, took in ((yesterday, 2, 10), (yesterday, 4, 20), (TODAY, 1, 5)):
        await changed(engine, await make(store, queue, source), **ran(day, waited, took), surprise=0.2)
    await changed(engine, await make(store, queue, source), **ran(TODAY - timedelta(days=9), 1, 1))
    await changed(engine, await start(store, source), created_at=TODAY, status=Status.FAILED)
    await changed(engine, await start(store, source), created_at=TODAY)
    numbers = await store.statistics(TODAY, 3)
    assert [day.day for day in numbers.days] == [13, 14, 15]
    assert (numbers.done, numbers.failed) == ([0, 2, 1], [0, 0, 1])
    assert (numbers.waiting, numbers.running) == ([None, 3, 1], [None, 15, 5])
    assert numbers.engines == {"patchmatch": 3}
    assert numbers.styles == {"faithful": Surprise(20, 0)}
    assert (numbers.people, numbers.active) == (2, [0, 1, 1])


async def test_surprise_is_what_people_say_and_where_nobody_has_a_guess(engine: AsyncEngine) -> None:
    await add_people(engine, ANN)
    store, queue = Store(engine), queue_on(engine)
    source = await store.photos.add(photo(ANN))
    duck, kites = {"words": ["rubber-duck"]}, {"words": ["kites", "rubber-duck"]}
    asked = {"created_at": TODAY, "style": "wild", "surprise": 0.5}
    for words, counts in (
        (duck, {"laughing": 5, "mind_blown": 2, "screaming": 1, "loving": 4, "impressions": 18}),
        (kites, None),
        (kites | {"doubles": True, "surprise": 1.0}, {"laughing": 0, "impressions": 8}),
    ):
        made = await make(store, queue, source)
        await changed(engine, made, **asked | words)
        if counts is not None:
            await add(engine, Post(expansion_id=made.id, person_id=ANN, title="", **counts))
    numbers = await store.statistics(TODAY, 3)
    # the estimate counts as twelve views, as for every post; a doubled picture is estimated once
    assert numbers.words == {"rubber-duck": Surprise(37, 26), "kites": Surprise(30, 8)}
    assert list(numbers.words) == ["rubber-duck", "kites"]
    assert numbers.styles == {"wild": Surprise(37, 26)}
