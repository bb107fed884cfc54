"""Migrates the tables by Alembic, and those of Procrastinate by its own files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.database import DatabaseUnavailable, refusal_of

LOCK = 0x6B756F7475  # "kuotu" in ASCII; the advisory lock that serializes migrations of a PostgreSQL database


def configuration(connection: Connection) -> Config:
    """Return the configuration of Alembic, which needs no alembic.ini."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate to a revision, inside the caller's transaction. Raises DatabaseUnavailable."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    if not newest(connection):
        command.upgrade(configuration(connection), revision)


def newest(connection: Connection) -> bool:
    """Return whether the tables have the newest revision. Raises DatabaseUnavailable if theirs is unknown."""
    scripts = ScriptDirectory.from_config(configuration(connection))
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise DatabaseUnavailable(
            f"the database has revision {current}, which a newer Kuotu made; this one knows revisions up to "
            f"{scripts.get_current_head()}: update it"
        )
    return current == scripts.get_current_head()


async def migrate(
    engine: AsyncEngine, fill: Callable[[Connection], None] | None = None, *, carried: bool = False
) -> None:
    """Migrate older tables to the newest revision. Raises DatabaseUnavailable.

    `fill` is called before, in the same transaction: it may create older tables and fill them from a backup. `carried`
    adds the tables of Procrastinate, which then carries the jobs.
    """
    sqlite = engine.dialect.name == "sqlite"
    try:
        async with engine.execution_options(writing=True).connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            if sqlite:  # changing a table drops the old one, which would cascade; no effect after BEGIN
                await driver.execute("PRAGMA foreign_keys = OFF")
            async with connection.begin():
                if fill is not None:
                    await connection.run_sync(fill)
                await connection.run_sync(upgrade)
                if carried:
                    await _carry(connection)
            if sqlite:
                await driver.execute("PRAGMA foreign_keys = ON")
    except DBAPIError as error:
        raise DatabaseUnavailable(refusal_of(engine, error)) from error


async def migrated(engine: AsyncEngine) -> bool:
    """Return whether `migrate` with `carried` has nothing left to do. Raises DatabaseUnavailable."""
    from storage.migrations.procrastinate import NEWEST, applied  # an extra, needed only where it carries the jobs

    try:
        async with engine.connect() as connection:
            return await connection.run_sync(newest) and await applied(connection) == NEWEST
    except DBAPIError as error:
        raise DatabaseUnavailable(refusal_of(engine, error)) from error


async def _carry(connection: AsyncConnection) -> None:
    from storage.migrations.procrastinate import apply

    await apply(connection)
