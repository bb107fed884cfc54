"""What is left of a person in the database and in the blob folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.models import Base, FilmKind
from tests.support.limits import HANG

NAMED = (("blob", "photos"), ("thumb", "photos"), ("blob", "pieces"), ("preview", "expansions"))


async def traces(database: AsyncEngine, person_id: int) -> set[str]:
    """Return the names of the tables in which any column of any row holds the person's id."""
    found = set()
    async with database.connect() as connection:
        for table in Base.metadata.sorted_tables:
            about = " OR ".join(f"{column.name} = :person" for column in table.columns)
            if await connection.scalar(text(f"SELECT 1 FROM {table.name} WHERE {about}"), {"person": person_id}):
                found.add(table.name)
    return found


async def inbox_is_empty(database: AsyncEngine) -> None:
    """Wait until the bot has handled every update: the inbox keeps its body, with its sender, until then."""
    await _none_are_left(database, "inbox WHERE handled_at IS NULL")


async def everything_is_shown(database: AsyncEngine) -> None:
    """Wait until the bot has recorded that every expansion was shown. People see it a moment earlier."""
    await _none_are_left(database, "expansions WHERE delivered_at IS NULL")


async def _none_are_left(database: AsyncEngine, rows: str) -> None:
    async with asyncio.timeout(HANG):
        while True:
            async with database.connect() as connection:
                if not await connection.scalar(text(f"SELECT count(*) FROM {rows}")):
                    return
            await asyncio.sleep(0.01)  # another process may write the table, so there is no event to wait for


async def no_stray_blobs(database: AsyncEngine, folder: Path) -> None:
    """Wait until no blob is left that no row names. What a job stored after its rows went is collected soon after."""
    async with asyncio.timeout(HANG):
        while True:
            if not await stray_blobs(database, folder):
                return
            await asyncio.sleep(0.01)  # the collector may be in another process, so there is no event to wait for


async def stray_blobs(database: AsyncEngine, folder: Path) -> set[str]:
    """Return the blobs in the data folder that belong to no row; the films of a preview belong to its row."""
    named = text(" UNION ".join(f"SELECT {column} FROM {table}" for column, table in NAMED))
    async with database.connect() as connection:
        keys = {key for key in await connection.scalars(named) if key is not None}
    blobs = folder / "blobs"
    there = {str(path.relative_to(blobs)) for path in blobs.rglob("*") if path.is_file()}
    return there - {kept for key in keys for kept in (key, *(f(key) for k in FilmKind for f in (k.movie, k.poster)))}
