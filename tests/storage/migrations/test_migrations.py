"""The migrations make what the models say, on either database; a database that cannot be used says so in one line."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import DatabaseUnavailable, open_database, transactions
from storage.expansions import Store
from storage.migrations import configuration, migrate
from storage.models import Person, Photo
from tests.support.databases import DATABASES, sqlite_in
from tests.support.rows import ANN, add_people, photo


@pytest.fixture(params=DATABASES)
async def bare(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield sqlite_in(tmp_path)
        return
    server = request.getfixturevalue("postgres_server")
    engine = await open_database(server)
    plain = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with plain.connect() as connection:
        await connection.execute(text("CREATE DATABASE bare"))
    yield server.replace("/postgres?", "/bare?")
    async with plain.connect() as connection:
        await connection.execute(text("DROP DATABASE bare"))
    await engine.dispose()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_migrations_make_what_the_models_say(bare: str) -> None:
    engine = await open_database(bare)
    await migrate(engine)
    async with engine.connect() as connection:
        await connection.run_sync(lambda sync: command.check(configuration(sync)))
    await engine.dispose()


async def test_migrating_again_changes_nothing(bare: str) -> None:
    engine = await open_database(bare)
    await migrate(engine)
    await add_people(engine, ANN)
    await migrate(engine)
    async with transactions(engine).read() as session:
        assert await session.get(Person, ANN) is not None
    await engine.dispose()


async def test_programs_that_start_together_migrate_once(bare: str) -> None:
    engines = [await open_database(bare) for _ in range(3)]
    await asyncio.gather(*(migrate(engine) for engine in engines))
    async with engines[0].connect() as connection:
        assert "expansions" in await connection.run_sync(tables)
    for engine in engines:
        await engine.dispose()


async def test_every_revision_can_be_taken_back(bare: str) -> None:
    engine = await open_database(bare)
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(configuration(sync), "base"))
        assert await connection.run_sync(tables) == {"alembic_version"}
    await engine.dispose()


async def test_foreign_keys_hold_after_a_migration(engine: AsyncEngine) -> None:
    """SQLite forgets to keep them unless told, and a migration must tell it not to for a while."""
    await migrate(engine)
    await add_people(engine, ANN)
    await Store(engine).add_photo(photo(ANN))
    async with transactions(engine).write() as session:
        await session.delete(await session.get_one(Person, ANN))
    async with transactions(engine).read() as session:
        assert await session.get(Photo, 1) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("kuotu.db", "is not a database URL"),
        ("sqlite:///kuotu.db", r"use sqlite\+aiosqlite"),
        ("oracle+pigeon://loft", r"use sqlite\+aiosqlite"),
        ("sqlite+aiosqlite:////proc/nowhere/kuotu.db", "cannot use the database"),
        ("sqlite+aiosqlite:////proc/kuotu.db", "is its folder writable"),
        ("postgresql+psycopg://someone:secret@127.0.0.1:1/kuotu", "the server up"),
    ],
    ids=["no-url", "no-async", "no-driver", "no-folder", "no-write", "no-server"],
)
async def test_a_database_that_cannot_be_says_so_in_one_line(url: str, says: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=says) as refusal:
        await open_database(url)
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


FULL = """
import asyncio, resource, sys
from storage.database import DatabaseUnavailable, migrate, open_database
async def main():
    try:
        await migrate(await open_database(sys.argv[1]))
    except DatabaseUnavailable as error:
        print(error)
asyncio.run(main())
"""


def test_a_full_disk_says_so_in_one_line(tmp_path: Path) -> None:
    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    program = [sys.executable, "-W", "ignore", "-c", FULL, sqlite_in(tmp_path)]
    ran = subprocess.run(program, preexec_fn=small_disk, capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("cannot use the database"), ran.stderr
    assert ran.stdout.count("\n") == 1
