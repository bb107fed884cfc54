"""What happened lately: rows put into their days, drawn as one picture, for admins alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image
from rows import ANN, add_people, make, photo, start
from scenes import result_in
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chart import PAPER, chart
from storage.database import transactions
from storage.models import Expansion, Status
from storage.queue import EmbeddedQueue
from storage.store import Store

pytest_plugins = ["databases"]

TODAY = datetime(2030, 6, 15, 18, tzinfo=UTC)


async def changed(engine: AsyncEngine, expansion: Expansion, **values: Any) -> None:
    async with transactions(engine).write() as session:
        await session.execute(update(Expansion).where(Expansion.id == expansion.id).values(**values))


def ran(day: datetime, waited: int, ran: int) -> dict[str, datetime]:
    started = day + timedelta(seconds=waited)
    return {"created_at": day, "started_at": started, "finished_at": started + timedelta(seconds=ran)}


async def test_rows_are_put_into_their_days(engine: AsyncEngine) -> None:
    await add_people(engine, ANN)
    store, queue = Store(engine), EmbeddedQueue(engine)
    source, yesterday = await store.add_photo(photo(ANN)), TODAY - timedelta(days=1)
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
    assert {style: round(mean, 3) for style, mean in numbers.surprise.items()} == {"faithful": 0.2}
    assert numbers.people == 1
    picture = Image.open(BytesIO(chart(numbers)))
    assert picture.size == (1280, 960)
    assert picture.getpixel((2, 2)) == PAPER


async def test_stats_are_for_admins(fresh_with: Any, newcomer: Any) -> None:
    kuotu = await fresh_with(admins=(5,))
    admin = await newcomer("Mo", user=5, address=kuotu.address)
    bob = await newcomer("Bob", address=kuotu.address)
    await result_in(admin)
    await bob.say("/stats")
    await bob.wait_for(lambda m: m.text == "Only the moderators of the gallery can do this.")
    await admin.say("/stats")
    await admin.wait_for(
        lambda m: m.photo and m.text == "The last 14 days: 1 expansions, 0 failed or cancelled. 2 people."
    )
