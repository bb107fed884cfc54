"""Statistics of the last days, for the bot's operators."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean, median
from typing import NamedTuple, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.gallery.ranking import surprise_index
from storage.models import Expansion, Person, Post, Status

Key = TypeVar("Key", bound=Hashable)
FINAL = (Status.DONE, Status.FAILED, Status.CANCELLED)


class Fact(NamedTuple):
    """One expansion and the counters of its post, which are 0 if there is none."""

    person_id: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    status: Status
    engine: str
    style: str
    words: list[str] | None
    doubles: bool
    guess: float | None
    surprised: int
    impressions: int


@dataclass(frozen=True)
class Surprise:
    """The surprise index of a group of expansions."""

    index: int  # 0 to 100
    impressions: int  # impressions that the index is based on; 0 means the machine's guess alone


@dataclass(frozen=True)
class Statistics:
    """Numbers per day up to today, oldest first. Times are medians in seconds, or None on days without any."""

    days: list[date]
    done: list[int]
    failed: list[int]  # or cancelled
    active: list[int]  # people who requested an expansion
    waiting: list[float | None]  # seconds from the tap to the engine
    running: list[float | None]
    engines: Counter[str]
    styles: dict[str, Surprise]
    words: dict[str, Surprise]  # by id
    people: int  # all people ever seen, regardless of the days


async def statistics(engine: AsyncEngine, now: datetime, days: int) -> Statistics:
    """Return the statistics of the expansions that were requested in the last days, today included."""
    since = (now - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    row, surprised = Expansion, Post.laughing + Post.mind_blown + Post.screaming
    asked = (
        select(
            *(row.person_id, row.created_at, row.started_at, row.finished_at, row.status, row.engine, row.style),
            *(row.words, row.doubles, row.surprise, func.coalesce(surprised, 0), func.coalesce(Post.impressions, 0)),
        )
        .outerjoin(Post, Post.expansion_id == row.id)
        .where(row.created_at >= since)
    )
    async with transactions(engine).read() as session:
        facts = [Fact._make(found) for found in await session.execute(asked)]
        people = await session.scalar(select(func.count()).select_from(Person))
    return await asyncio.to_thread(
        summed, [since.date() + timedelta(days=number) for number in range(days)], facts, people or 0
    )


def summed(days: list[date], facts: Sequence[Fact], people: int) -> Statistics:
    """Group facts by day and sum them."""
    by_day = _grouped((fact.created_at.date(), fact) for fact in facts)
    done = _grouped((fact.created_at.date(), fact) for fact in facts if fact.status is Status.DONE)
    made = [fact for each in done.values() for fact in each]
    return Statistics(
        days,
        [len(done[day]) for day in days],
        [sum(fact.status in FINAL for fact in by_day[day]) - len(done[day]) for day in days],
        [len({fact.person_id for fact in by_day[day]}) for day in days],
        [_median((fact.created_at, fact.started_at) for fact in done[day]) for day in days],
        [_median((fact.started_at, fact.finished_at) for fact in done[day]) for day in days],
        Counter(fact.engine for fact in made),
        _surprise((fact.style, fact) for fact in made),
        _surprise((word, fact) for fact in made for word in fact.words or ()),
        people,
    )


def _median(spans: Iterable[tuple[datetime | None, datetime | None]]) -> float | None:
    """Return the median length of the spans in seconds."""
    seconds = [(end - start).total_seconds() for start, end in spans if start and end]
    return median(seconds) if seconds else None


def _surprise(pairs: Iterable[tuple[str, Fact]]) -> dict[str, Surprise]:
    """Return the surprise index by key, highest first: people's votes, and the mean guess weighted as on every post.

    A doubled image was guessed once, before the doubling. People may vote on either.
    """
    found: dict[str, Surprise] = {}
    for key, facts in _grouped(pairs).items():
        guesses = [fact.guess for fact in facts if fact.guess is not None and not fact.doubles]
        seen = sum(fact.impressions for fact in facts)
        if guesses or seen:
            prior = fmean(guesses) if guesses else 0.5
            index = surprise_index(sum(fact.surprised for fact in facts), seen, prior)
            found[key] = Surprise(index, seen)
    return dict(sorted(found.items(), key=lambda one: -one[1].index))


def _grouped(pairs: Iterable[tuple[Key, Fact]]) -> defaultdict[Key, list[Fact]]:
    groups = defaultdict[Key, list[Fact]](list)
    for key, fact in pairs:
        groups[key].append(fact)
    return groups
