"""The history of the tables, told by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select

LOCK = 0x6B756F7475  # "kuotu": who migrates one PostgreSQL at the same time waits


def configuration(connection: Connection) -> Config:
    """What Alembic needs, without an alembic.ini."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def upgrade(connection: Connection) -> None:
    """To the newest revision, inside the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    command.upgrade(configuration(connection), "head")
