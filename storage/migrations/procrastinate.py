"""Applies Procrastinate's own tables and their upgrades, which are SQL files without a record of what was applied.

The record is a comment on its table of jobs: the name of the newest file that we applied.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from procrastinate.schema import SchemaManager
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import DatabaseUnavailable

MARK: Final = "applied by Kuotu: "
FILES: Final = tuple(sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")))
NEWEST: Final = FILES[-1].stem
TABLE: Final = "to_regclass('procrastinate_jobs')"


async def applied(connection: AsyncConnection) -> str | None:
    """Return the newest applied file, or None if there are no tables yet. Raises DatabaseUnavailable if unknown."""
    asked = text(f"SELECT {TABLE} IS NOT NULL, obj_description({TABLE}, 'pg_class')")
    there, comment = (await connection.execute(asked)).one()
    if not there:
        return None
    name = (comment or "").removeprefix(MARK)
    if name not in [file.stem for file in FILES]:
        raise DatabaseUnavailable(
            f"the database has tables of Procrastinate of an unknown version ({comment or 'not made by Kuotu'}); "
            f"this Kuotu knows them up to {NEWEST}: update Kuotu, or give it a database of its own"
        )
    return name


async def apply(connection: AsyncConnection) -> None:
    """Create the tables, or upgrade them file by file, in the caller's transaction. Raises DatabaseUnavailable."""
    before = await applied(connection)
    later = [file.read_text("utf-8") for file in FILES if before is not None and file.stem > before]
    raw: Any = (await connection.get_raw_connection()).driver_connection
    for script in [SchemaManager.get_schema()] if before is None else later:
        await raw.execute(script)
    await connection.execute(text(f"COMMENT ON TABLE procrastinate_jobs IS '{MARK}{NEWEST}'"))
