"""Token buckets in the database: several programs share them, and they fill with time."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.buckets import TIDY, Buckets, Rate
from storage.database import transactions
from storage.models import Bucket

RATE = Rate(burst=10, per_second=2)


async def test_a_bucket_is_full_at_first_and_fills_with_time(engine: AsyncEngine) -> None:
    time = [1000.0]
    buckets = Buckets(engine, lambda: time[0])
    assert [await buckets.take("a", 4, RATE) for _ in range(4)] == [0, 0, 1, 1]
    assert await buckets.take("b", 10, RATE) == 0
    time[0] += 1
    assert [await buckets.take("a", 4, RATE) for _ in range(2)] == [0, 2]
    time[0] += 1000
    assert [await buckets.take("a", tokens, RATE) for tokens in (10, 1)] == [0, 0.5]


async def test_what_no_bucket_holds_is_never_given(engine: AsyncEngine) -> None:
    buckets = Buckets(engine, lambda: 0.0)
    assert await buckets.take("a", 11, RATE) > 0
    assert await buckets.take("a", 10, RATE) == 0
    assert await buckets.take("a", 11, RATE) > 0


async def test_programs_that_take_at_once_get_no_more_than_there_is(engine: AsyncEngine) -> None:
    programs = [Buckets(engine, lambda: 0.0) for _ in range(3)]
    waits = await asyncio.gather(*(programs[n % 3].take("a", 1, RATE) for n in range(30)))
    assert waits.count(0) == 10


async def test_by_the_databases_own_clock(engine: AsyncEngine) -> None:
    buckets = Buckets(engine)
    assert await buckets.take("a", 10, Rate(10, 1e-6)) == 0
    assert await buckets.take("a", 1, Rate(10, 1e-6)) == pytest.approx(1e6, rel=0.01)


async def test_buckets_that_are_full_again_are_deleted(engine: AsyncEngine) -> None:
    time = [0.0]
    buckets = Buckets(engine, lambda: time[0])
    for number in range(TIDY):
        time[0] = number
        assert await buckets.take(str(number), 10, RATE) == 0
    async with transactions(engine).read() as session:
        assert await session.scalar(select(func.count()).select_from(Bucket)) == 6  # those of the last five seconds
