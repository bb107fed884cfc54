"""Opening the database that a URL names, and bringing its tables up to date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import URL, ColumnElement, Connection, Engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from storage.models import Base, Person

Row = TypeVar("Row", bound=Base)

# The rows of one page lie scattered over a large gallery: read from a mapped file, with 16 MB kept by each connection
# (SQLite's own choice is 2), they take no longer at a million posts than at 10,000; else it was a third longer.
SQLITE = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA busy_timeout = 30000;
PRAGMA foreign_keys = ON;
PRAGMA cache_size = -16000;
PRAGMA mmap_size = 2000000000;
"""

DRIVERS = ("sqlite+aiosqlite", "postgresql+psycopg")  # the asynchronous ones that Kuotu is tested with
TURNS: WeakKeyDictionary[Engine, asyncio.Lock] = WeakKeyDictionary()  # who writes to an SQLite database now


class DatabaseUnavailable(Exception):
    """The database cannot be used; the text is one line that names it and the remedy."""


class Transactions(NamedTuple):
    """The two ways to speak to the database: both are context managers that give a session."""

    read: async_sessionmaker[AsyncSession]
    write: Callable[[], AbstractAsyncContextManager[AsyncSession]]  # commits at its end, or rolls back


async def open_database(url: str) -> AsyncEngine:
    """Connect to `sqlite+aiosqlite:///file` or `postgresql+psycopg://…`. Raises DatabaseUnavailable."""
    try:
        address = make_url(url)
        if address.drivername not in DRIVERS:
            raise DatabaseUnavailable(f"no driver {address.drivername!r} here; use {' or '.join(DRIVERS)}")
        engine = create_async_engine(address, **_options(address))
    except (ArgumentError, ValueError):  # the whole URL may hold a password
        raise DatabaseUnavailable(
            f"{url.partition('@')[2] or url!r} is not a database URL, such as sqlite+aiosqlite:///kuotu.db"
        ) from None
    except ModuleNotFoundError as missing:
        raise DatabaseUnavailable(f"{address.drivername} needs {missing.name}: pip install 'kuotu[scale]'") from None
    try:
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine, address)
        async with engine.connect():
            return engine
    except (DBAPIError, OSError) as error:
        await engine.dispose()
        raise DatabaseUnavailable(refusal_of(engine, error)) from error


def transactions(engine: AsyncEngine) -> Transactions:
    """Sessions whose rows stay readable after they end. On SQLite the writers of a program take turns, first come first
    served: its own waiting is a lottery, where with 15 writers one in a hundred waited 0.9 s instead of 0.16 s."""
    writer = async_sessionmaker(engine.execution_options(writing=True), expire_on_commit=False)
    sqlite = engine.dialect.name == "sqlite"
    turn = TURNS.setdefault(engine.sync_engine, asyncio.Lock()) if sqlite else nullcontext()

    @asynccontextmanager
    async def write() -> AsyncIterator[AsyncSession]:
        async with turn, writer.begin() as session:
            yield session

    return Transactions(async_sessionmaker(engine, expire_on_commit=False), write)


async def get_or_add(session: AsyncSession, row: Row, *where: ColumnElement[bool]) -> Row:
    """The row that matches, else this one; of two that add at once, both get the first."""
    there = await session.scalar(select(type(row)).where(*where))
    if there is not None:
        return there
    try:
        async with session.begin_nested():
            session.add(row)
        return row
    except IntegrityError:
        there = await session.scalar(select(type(row)).where(*where))
        if there is None:
            raise
        return there


async def hold(session: AsyncSession, *person_ids: int) -> None:
    """Let each of these people do one thing at a time until the transaction ends (SQLite has one writer anyhow)."""
    people = select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id)  # in order: no deadlock
    await session.execute(people.with_for_update(key_share=True))


def _options(address: URL) -> dict[str, Any]:
    if address.get_backend_name() == "sqlite":
        return {"connect_args": {"isolation_level": None}}  # we say BEGIN ourselves
    return {"pool_pre_ping": True}


def _prepare_sqlite(engine: AsyncEngine, address: URL) -> None:
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in SQLITE.strip().splitlines():
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # a reader that turned writer would fail at once instead of waiting for its turn
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def refusal_of(engine: AsyncEngine, error: Exception) -> str:
    cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
    return f"cannot use the database {engine.url}: {cause} (is its folder writable, the disk full, the server up?)"
