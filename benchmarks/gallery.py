"""Compare a gallery of 1,000,000 posts with one of 10,000 on SQLite. Loading takes about two minutes.

`python -m benchmarks.gallery [POSTS]`. The migrations create both databases, and bulk SQL fills them in a temporary
folder. Every timed call is one of the product's own, with its transaction. The sizes alternate call by call, so that
other work on the machine slows both. Medians are of one run; intervals of the ratios are 95 %, by bootstrap.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database, transactions
from storage.gallery.browsing import Galleries
from storage.gallery.listing import Order, Period, Place
from storage.gallery.posts import GalleryStore
from storage.gallery.search import Sought, Term, keys_of
from storage.gallery.votes import scores
from storage.migrations import migrate
from storage.models import Base, Expansion, Feeling, Person, Photo, Post, Status, day_of, now

SMALL: Final = 10_000
LARGE: Final = 1_000_000
PER_PERSON: Final = 20  # posts per person
MOST_SEEN: Final = 6  # most people who have seen one post
DAYS: Final = 60  # days over which the posts arrived
READERS: Final = 50  # people who turn pages, each in their own gallery
WELL_READ: Final = 5_000  # most surprising posts that one additional reader has seen already
ROUNDS, WARMING = 1_500, 100
RESAMPLED: Final = 2_000

Call: TypeAlias = Callable[[], Awaitable[object]]


def main() -> None:
    asyncio.run(compare(SMALL, int(sys.argv[1]) if len(sys.argv) > 1 else LARGE))


async def compare(small: int, large: int, rounds: int = ROUNDS, warming: int = WARMING) -> None:
    """Time every call on both sizes, alternating."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        worlds = [await World.make(stack, folder, size) for size in (small, large)]
        print(f"{'milliseconds':44} {small:>9,} posts          {large:>9,} posts          ratio of the medians")
        for name in worlds[0].calls():
            times = await in_turns([world.calls()[name] for world in worlds], rounds, warming)
            print(f"{name:44} {_spread(times[0])}   {_spread(times[1])}   {_ratio(*times)}", flush=True)


async def in_turns(calls: list[Call], rounds: int, warming: int) -> NDArray[np.float64]:
    """Return the milliseconds of each call, `rounds` times, after `warming` calls that are not counted."""
    times = np.zeros((len(calls), rounds))
    for turn in range(-warming, rounds):
        for which in range(len(calls))[:: 1 if turn % 2 else -1]:
            start = perf_counter()
            await calls[which]()
            if turn >= 0:
                times[which, turn] = 1e3 * (perf_counter() - start)
    return times


@dataclass
class World:
    """One database, and the people in it."""

    store: GalleryStore
    galleries: Galleries
    posts: int
    readers: list[tuple[int, int]]  # gallery, person
    well_read: tuple[int, int]
    chance: np.random.Generator

    @classmethod
    async def make(cls, stack: AsyncExitStack, folder: Path, posts: int) -> World:
        """Create and fill a database of this many posts."""
        file, start = folder / f"{posts}.db", perf_counter()
        engine = await open_database(f"sqlite+aiosqlite:///{file}")
        stack.push_async_callback(engine.dispose)
        await migrate(engine)
        await plant(engine)
        await asyncio.to_thread(fill, file, posts)
        print(f"{posts:,} posts loaded in {perf_counter() - start:.0f} s, {file.stat().st_size / 2**20:.0f} MB")
        galleries = Galleries(engine)
        opened = [((await galleries.open(reader, reader)).id, reader) for reader in readers_of(posts)]
        return cls(GalleryStore(engine), galleries, posts, opened[:-1], opened[-1], np.random.default_rng(posts))

    def calls(self) -> dict[str, Call]:
        """Return the timed calls by name."""
        return {
            "an unseen page, its impression recorded": self.unseen,
            f"the same, for who has seen the best {WELL_READ:,}": lambda: self.galleries.next(*self.well_read),
            "24 posts by surprise, from a place deep down": lambda: self.page(Order.SURPRISING, Period.ALL),
            "24 posts by «top», from a place deep down": lambda: self.page(Order.TOP, Period.ALL),
            "24 newest posts, from a place deep down": lambda: self.page(Order.NEWEST, Period.ALL),
            "24 most surprising posts of the week": lambda: self.store.some(Order.SURPRISING, Period.WEEK),
            "24 most surprising posts of a search": self.search,
            "24 most surprising posts of an author": self.author,
            "one reaction": self.react,
        }

    def unseen(self) -> Awaitable[object]:
        """Show the next unseen post to a reader."""
        return self.galleries.next(*self.readers[self.chance.integers(READERS)])

    def page(self, order: Order, period: Period) -> Awaitable[object]:
        """Load a page of an order and a period."""
        place = Place(float(self.chance.uniform(0.05, 0.6)), int(self.chance.integers(self.posts)))
        return self.store.some(order, period, after=place)

    def search(self) -> Awaitable[object]:
        """Search for the number of a post, which is in one title or in a few."""
        term = Term(str(self.chance.integers(self.posts // 10, self.posts)))
        return self.store.some(Order.SURPRISING, Period.ALL, sought=Sought(terms=(term,)))

    def author(self) -> Awaitable[object]:
        """Load an author's page."""
        author = int(self.chance.integers(1, self.posts // PER_PERSON + 1))
        return self.store.some(Order.SURPRISING, Period.ALL, sought=Sought(author=author))

    def react(self) -> Awaitable[object]:
        """React to a post."""
        expansion, (_, person) = int(self.chance.integers(1, self.posts + 1)), self.readers[0]
        return self.store.react(expansion, person, Feeling.LAUGHING)


# Filling


def readers_of(posts: int) -> range:
    """Return the ids of the people who only read. The last one has read many posts."""
    return range(posts // PER_PERSON + 1, posts // PER_PERSON + READERS + 2)


async def plant(engine: AsyncEngine) -> None:
    """Create one row of each kind with the product's own code. Bulk SQL copies the columns that it does not change."""
    async with transactions(engine).write() as session:
        session.add(Person(id=1, name="Person 1"))
        await session.flush()
        kept = {"person_id": 1, "width": 1536, "height": 1024, "thumb": "t"}
        session.add_all([Photo(id=1, blob="b1", **kept), Photo(id=2, blob="b2", **kept)])
        await session.flush()
        asked = {"direction": "all", "scale": 1.5, "left": 256, "top": 171, "right": 256, "bottom": 171, "seed": 7}
        made = {"status": Status.DONE, "engine": "patchmatch", "seconds": 1.0, "message_id": 1, "delivered_at": now()}
        whose = {"key": "e1", "person_id": 1, "chat_id": 1, "source_id": 1, "result_id": 2, "style": "wild"}
        session.add(Expansion(id=1, file_id="f" * 80, preview="p1", **asked, **made, **whose))
        await session.flush()
        session.add(Post(id=1, expansion_id=1, person_id=1, title="The first"))


def fill(file: Path, posts: int) -> None:
    """Copy those rows: authors, photos, expansions and posts, then impressions and reactions."""
    database = sqlite3.connect(file, isolation_level=None)
    database.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN;")
    register(database, posts)
    people = posts // PER_PERSON
    author, viewer = f"(i % {people} + 1)", f"((i * 7919 + j * 104729) % {people} + 1)"
    with without_indexes(database):
        copy(database, Person, range(2, people + READERS + 2), name="'Person ' || i", page="printf('%016x', i)")
        copy(database, Photo, range(3, people + 1), blob="'b' || i")  # the photo that an author sent
        copy(database, Photo, range(people + 1, people + posts + 1), blob="'b' || i", person_id=author)
        wide = {"key": "'e' || i", "result_id": f"{people} + i", "preview": "'p' || i"}
        copy(database, Expansion, range(2, posts + 1), person_id=author, source_id=author, **wide)
        counted = {"impressions": "seen(i)", "laughing": "laughed(i)", "prior": "guess(i)", "random": "guess(-i)"}
        ordered = {name: f"score('{name}', i)" for name in ("surprise", "top", "hot")}
        named = {"title": "'Post ' || i", "folded_title": "'post ' || i"}
        when = {"day": "day(i)", "created_at": "moment(i)", "expansion_id": "i"}
        copy(database, Post, range(2, posts + 1), person_id=author, **counted, **ordered, **named, **when)
        keys = ((key, i) for i in range(1, posts + 1) for key in keys_of(f"post {i}", ()))
        database.executemany("INSERT OR IGNORE INTO search_keys (key, post_id) VALUES (?, ?)", keys)
        noted = {
            "impressions (post_id, person_id, number, created_at)": ("impressions", "i * 8 + j, moment(i)"),
            "reactions (expansion_id, person_id, feeling, created_at)": (
                "laughing",
                f"'{Feeling.LAUGHING}', moment(i)",
            ),
        }
        for table, (many, what) in noted.items():
            times = ", ".join(f"({j})" for j in range(1, MOST_SEEN + 1))
            each = f"(SELECT id AS i, {many} AS many FROM posts), (SELECT column1 AS j FROM (VALUES {times}))"
            database.execute(f"INSERT INTO {table} SELECT i, {viewer}, {what} FROM {each} WHERE j <= many")
    best = f"SELECT id FROM posts WHERE status = 'live' ORDER BY surprise DESC, id DESC LIMIT {WELL_READ}"
    read = f"SELECT id, {readers_of(posts)[-1]}, row_number() OVER (), moment(id) FROM ({best})"
    database.execute(f"INSERT INTO impressions (post_id, person_id, number, created_at) {read}")
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def copy(database: sqlite3.Connection, table: type[Base], ids: range, **changed: str) -> None:
    """Copy the first row to the ids `i`. `changed` holds SQL expressions by column."""
    columns = [column.name for column in table.__table__.columns]
    values = ", ".join({"id": "i", **changed}.get(name, f'first."{name}"') for name in columns)
    numbers = f"WITH RECURSIVE n(i) AS (SELECT {ids[0]} UNION ALL SELECT i + 1 FROM n WHERE i < {ids[-1]})"
    name, quoted = table.__tablename__, ", ".join(f'"{column}"' for column in columns)
    first = f"(SELECT * FROM {name} WHERE id = 1) AS first"
    database.execute(f"INSERT INTO {name} ({quoted}) {numbers} SELECT {values} FROM n, {first}")


def register(database: sqlite3.Connection, posts: int) -> None:
    """Define the SQL functions that SQLite lacks: random numbers, and the product's scores."""
    chance, start = np.random.default_rng(1), now() - timedelta(days=DAYS)
    guess = chance.random(posts + 1).round(3).tolist()
    seen = chance.integers(0, MOST_SEEN + 1, posts + 1)
    laughed = chance.binomial(seen, chance.beta(0.6, 6.0, posts + 1)).tolist()
    counts = seen.tolist()

    def moment(i: int) -> datetime:
        """Return the time of post `i`."""
        return start + timedelta(days=DAYS) * (i / posts)

    def score(name: str, i: int) -> float:
        """Return a score of post `i`."""
        return scores(Counter(laughing=laughed[i], impressions=counts[i]), guess[i], moment(i))[name]

    database.create_function("guess", 1, lambda i: guess[i])
    database.create_function("seen", 1, lambda i: counts[i])
    database.create_function("laughed", 1, lambda i: laughed[i])
    database.create_function("moment", 1, lambda i: moment(i).strftime("%Y-%m-%d %H:%M:%S.%f"))
    database.create_function("day", 1, lambda i: day_of(moment(i)))
    database.create_function("score", 2, score)


@contextmanager
def without_indexes(database: sqlite3.Connection) -> Iterator[None]:
    """Drop the indexes and create them at the end, which is faster than updating them row by row."""
    named = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    indexes = database.execute(named).fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    yield
    for _, sql in indexes:
        database.execute(sql)


# Reporting


def _spread(times: NDArray[np.float64]) -> str:
    return f"median {np.median(times):5.2f}, p99 {np.percentile(times, 99):5.1f}"


def _ratio(small: NDArray[np.float64], large: NDArray[np.float64]) -> str:
    picks = np.random.default_rng(2).integers(0, len(small), (RESAMPLED, len(small)))
    ratios = np.median(large[picks], axis=1) / np.median(small[picks], axis=1)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return f"{np.median(large) / np.median(small):.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    main()
