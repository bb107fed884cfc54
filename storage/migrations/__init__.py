"""Migrates the tables by Alembic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import DatabaseUnavailable, refusal_of

LOCK = 0x6B756F7475  # "kuotu" in ASCII; the advisory lock that serializes migrations of a PostgreSQL database


def configuration(connection: Connection) -> Config:
    """Return the configuration of Alembic, which needs no alembic.ini."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate to a revision, inside the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    command.upgrade(configuration(connection), revision)


async def migrate(engine: AsyncEngine, fill: Callable[[Connection], None] | None = None) -> None:
    """Migrate the tables to the newest revision, if they are older. Raises DatabaseUnavailable.

    `fill` is called before, in the same transaction: it may create older tables and fill them from a backup.
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
            if sqlite:
                await driver.execute("PRAGMA foreign_keys = ON")
    except DBAPIError as error:
        raise DatabaseUnavailable(refusal_of(engine, error)) from error
