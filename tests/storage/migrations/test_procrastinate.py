"""Procrastinate's tables are applied once, upgraded file by file, and left alone when their version is unknown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.cli.migrate import prepare
from bot.errors import CannotRun
from bot.settings import Settings
from storage.database import DatabaseUnavailable, open_database
from storage.migrations import migrate, migrated
from storage.migrations.procrastinate import FILES, MARK, NEWEST

OLDER = "03.03.00_01_pre_priority_lock_fetch_job"
FUNCTIONS = "SELECT array_agg(proname::text ORDER BY proname) FROM pg_proc WHERE proname LIKE 'procrastinate%'"


@pytest.fixture
async def empty(postgres_server: str) -> AsyncIterator[AsyncEngine]:
    """A PostgreSQL database without tables."""
    server = await open_database(postgres_server)
    plain = server.execution_options(isolation_level="AUTOCOMMIT")
    async with plain.connect() as connection:
        await connection.execute(text("CREATE DATABASE carried"))
    engine = await open_database(postgres_server.replace("/postgres?", "/carried?"))
    yield engine
    await engine.dispose()
    async with plain.connect() as connection:
        await connection.execute(text("DROP DATABASE carried"))
    await server.dispose()


async def answer(engine: AsyncEngine, question: str) -> Any:
    async with engine.connect() as connection:
        return await connection.scalar(text(question))


async def run_sql(engine: AsyncEngine, *scripts: str) -> None:
    async with engine.begin() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        for script in scripts:
            await raw.execute(script)


def settings(engine: AsyncEngine, tmp_path: object) -> Settings:
    url = engine.url.render_as_string(hide_password=False)
    return Settings(data_dir=tmp_path, database_url=url, queue_url=url.replace("+psycopg", ""))


async def test_they_are_applied_once(empty: AsyncEngine, tmp_path: object) -> None:
    assert not await migrated(empty)
    said = await prepare(settings(empty, tmp_path))
    assert said.endswith("is up to date")
    assert await migrated(empty)
    await prepare(settings(empty, tmp_path))
    assert await answer(empty, "SELECT obj_description('procrastinate_jobs'::regclass)") == f"{MARK}{NEWEST}"


async def test_several_programs_may_migrate_at_the_same_time(empty: AsyncEngine) -> None:
    await asyncio.gather(*(migrate(empty, carried=True) for _ in range(3)))
    assert await migrated(empty)


async def test_older_ones_are_upgraded_to_what_a_new_database_gets(empty: AsyncEngine, postgres: str) -> None:
    """The files are applied in the order of their names, so the functions are those of a new database."""
    before = [file.read_text("utf-8") for file in FILES if file.stem <= OLDER]
    await run_sql(empty, *before, f"COMMENT ON TABLE procrastinate_jobs IS '{MARK}{OLDER}'")
    assert not await migrated(empty)
    await migrate(empty, carried=True)
    assert await migrated(empty)
    new = await open_database(postgres)
    assert await answer(empty, FUNCTIONS) == await answer(new, FUNCTIONS)
    await new.dispose()


@pytest.mark.parametrize("comment", ["NULL", f"'{MARK}99.00.00_01_pre_something'"], ids=["another's", "newer"])
async def test_an_unknown_version_is_refused_in_one_line(empty: AsyncEngine, comment: str, tmp_path: object) -> None:
    await migrate(empty, carried=True)
    await run_sql(empty, f"COMMENT ON TABLE procrastinate_jobs IS {comment}")
    with pytest.raises(DatabaseUnavailable, match=f"Procrastinate of an unknown version .* up to {NEWEST}"):
        await migrated(empty)
    with pytest.raises(CannotRun) as refused:
        await prepare(settings(empty, tmp_path))
    assert "\n" not in str(refused.value)


async def test_a_newer_kuotus_tables_are_refused_in_one_line(empty: AsyncEngine) -> None:
    await migrate(empty)
    await run_sql(empty, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseUnavailable, match="revision 9999, which a newer Kuotu made"):
        await migrate(empty)
