"""What happened lately, in numbers: for whoever runs the bot."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean, median

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.models import Expansion, Person, Status

Facts = Row[datetime, datetime | None, datetime | None, Status, str, str, float | None]


@dataclass(frozen=True)
class Statistics:
    """Of the days up to today, oldest first; times are medians in seconds, None on days without any."""

    days: list[date]
    done: list[int]
    failed: list[int]  # or cancelled
    waiting: list[float | None]  # from the tap to the engine
    running: list[float | None]
    engines: Counter[str]
    surprise: dict[str, float]  # the machine's mean guess, 0 to 1, by style
    people: int


async def statistics(engine: AsyncEngine, now: datetime, days: int) -> Statistics:
    """The expansions that were asked for in the last days, today's included."""
    since = (now - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    async with transactions(engine).read() as session:
        row = Expansion
        asked = select(
            row.created_at, row.started_at, row.finished_at, row.status, row.engine, row.style, row.surprise
        ).where(row.created_at >= since)
        facts = (await session.execute(asked)).all()
        people = await session.scalar(select(func.count()).select_from(Person))
    return summed([since.date() + timedelta(days=number) for number in range(days)], facts, people or 0)


def summed(days: list[date], facts: Sequence[Facts], people: int) -> Statistics:
    """Rows as they come, put into their days."""
    done, failed, engines = Counter[date](), Counter[date](), Counter[str]()
    waiting, running = defaultdict[date, list[float]](list), defaultdict[date, list[float]](list)
    guesses = defaultdict[str, list[float]](list)
    for created, started, finished, status, engine, style, surprise in facts:
        day = created.date()
        (done if status is Status.DONE else failed)[day] += status in (Status.DONE, Status.FAILED, Status.CANCELLED)
        if status is not Status.DONE:
            continue
        engines[engine] += 1
        if started is not None and finished is not None:
            waiting[day].append((started - created).total_seconds())
            running[day].append((finished - started).total_seconds())
        if surprise is not None:
            guesses[style].append(surprise)
    return Statistics(
        days,
        [done[day] for day in days],
        [failed[day] for day in days],
        [median(waiting[day]) if waiting[day] else None for day in days],
        [median(running[day]) if running[day] else None for day in days],
        engines,
        {style: fmean(values) for style, values in guesses.items()},
        people,
    )
