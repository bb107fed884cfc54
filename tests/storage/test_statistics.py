"""What happened lately: rows put into their days, drawn as one picture, for admins alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.admin.chart import LEAST, PAPER, WORDS, chart, surprises
from storage.database import transactions
from storage.expansions import Store
from storage.models import Expansion, Post, Status
from storage.statistics import Statistics, Surprise
from tests.support.rows import ANN, BOB, add, add_people, make, photo, queue_on, start
from tests.support.scenes import result_in

pytest_plugins = ["tests.support.databases"]

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
    assert numbers.styles == {"faithful": Surprise(20, 0)}
    assert (numbers.people, numbers.active) == (2, [0, 1, 1])
    picture = Image.open(BytesIO(chart(numbers)))
    assert picture.size == (1280, 1440)
    assert picture.getpixel((2, 2)) == PAPER


async def test_surprise_is_what_people_say_and_where_nobody_has_a_guess(engine: AsyncEngine) -> None:
    await add_people(engine, ANN)
    store, queue = Store(engine), queue_on(engine)
    source = await store.add_photo(photo(ANN))
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
    # the guess counts as two views, as on every post; a doubled picture is guessed once
    assert numbers.words == {"rubber-duck": Surprise(32, 26), "kites": Surprise(10, 8)}
    assert list(numbers.words) == ["rubber-duck", "kites"]
    assert numbers.styles == {"wild": Surprise(32, 26)}


@pytest.mark.parametrize("count", [0, 1, WORDS, WORDS + 1, 31], ids=lambda n: f"{n} words")
def test_the_chart_holds_however_many_words_there_are(count: int) -> None:
    words = {f"word number {n} with a name that goes on and on and on" * 2: Surprise(n, n % 3) for n in range(count)}
    bars = [bar.name for bar in surprises(words, WORDS)]
    assert bars == list(words) if count <= WORDS else bars == [*list(words)[: WORDS - LEAST], *list(words)[-LEAST:]]
    days = [TODAY.date()]
    numbers = Statistics(days, [1], [0], [1], [None], [2.0], Counter(x=1), {}, words, 7)
    picture = np.asarray(Image.open(BytesIO(chart(numbers))))
    assert (picture[:, -16:] == PAPER).all()  # nothing runs out of the picture
    assert ((picture[-480:, 700:] != PAPER).any(axis=(1, 2)).sum() > 100) == (count > 1)


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
