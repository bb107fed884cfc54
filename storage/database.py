"""Opens the database that a URL names, and provides its sessions."""

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

from storage import sqlite
from storage.models import Base, Person

Row = TypeVar("Row", bound=Base)

POOL = 10  # connections of one program; to open another for a moment costs more than to wait for one of these
DRIVERS = ("sqlite+aiosqlite", "postgresql+psycopg")  # the asynchronous drivers that Kuotu is tested with
TURNS: WeakKeyDictionary[Engine, asyncio.Lock] = WeakKeyDictionary()  # one lock for the writers of each SQLite database


class DatabaseUnavailable(Exception):
    """The database cannot be used. The text is one line that names it and the remedy."""


class Transactions(NamedTuple):
    """Two factories of context managers that give a session, one for reading and one for writing."""

    read: async_sessionmaker[AsyncSession]
    write: Callable[[], AbstractAsyncContextManager[AsyncSession]]  # commits at the end, or rolls back after an error


async def open_database(url: str, *, pool: int = POOL) -> AsyncEngine:
    """Connect to `sqlite+aiosqlite:///file` or `postgresql+psycopg://…`. Raises DatabaseUnavailable.

    `pool` is the largest number of connections to PostgreSQL. To SQLite it is always ten.
    """
    try:
        address = make_url(url)
        if address.drivername not in DRIVERS:
            raise DatabaseUnavailable(f"no driver {address.drivername!r} here; use {' or '.join(DRIVERS)}")
        engine = create_async_engine(address, **_options(address, pool))
    except (ArgumentError, ValueError):  # do not show the whole URL, which may contain a password
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
    """Return session factories whose rows stay readable after the session ends.

    On SQLite the writers of a program queue for a fair lock. SQLite's own waiting is random: with 15 writers, one in a
    hundred waited 0.9 s instead of 0.16 s.
    """
    writer = async_sessionmaker(engine.execution_options(writing=True), expire_on_commit=False)
    sqlite = engine.dialect.name == "sqlite"
    turn = TURNS.setdefault(engine.sync_engine, asyncio.Lock()) if sqlite else nullcontext()

    @asynccontextmanager
    async def write() -> AsyncIterator[AsyncSession]:
        async with turn, writer.begin() as session:
            yield session

    return Transactions(async_sessionmaker(engine, expire_on_commit=False), write)


async def get_or_add(session: AsyncSession, row: Row, *where: ColumnElement[bool]) -> Row:
    """Return the row that matches, or add this one. If two sessions add at the same time, both get the first row."""
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
    """Lock these people until the transaction ends. On SQLite this changes nothing, because it has only one writer."""
    people = select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id)  # a fixed order prevents deadlocks
    await session.execute(people.with_for_update(key_share=True))


def _options(address: URL, pool: int) -> dict[str, Any]:
    if address.get_backend_name() != "sqlite":
        return {"pool_pre_ping": True, "pool_size": pool, "max_overflow": 0}
    # the «begin» listener below begins transactions
    options = {"connect_args": {"isolation_level": None, "async_creator_fn": sqlite.connect}}
    # the connection that was used last comes first, because its cache is warm
    return options | ({"pool_size": POOL, "max_overflow": 0, "pool_use_lifo": True} if _is_file(address) else {})


def _is_file(address: URL) -> bool:
    return bool(address.database) and address.database != ":memory:"


def _prepare_sqlite(engine: AsyncEngine, address: URL) -> None:
    if address.database and _is_file(address):
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.begin(writing=bool(connection.get_execution_options().get("writing")))


def refusal_of(engine: AsyncEngine, error: Exception) -> str:
    """Return one line that says why the database cannot be used, and what to check."""
    cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
    return f"cannot use the database {engine.url}: {cause} (is its folder writable, the disk full, the server up?)"
