"""`kuotu backup` and `kuotu restore`: everything that an installation must keep, in one file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.cli.expand import progress_bar
from bot.errors import CannotRun
from bot.hosting import claim_folder, sqlite_file
from bot.keys import key_file
from bot.settings import Settings
from storage.backup.archive import opened, written
from storage.backup.backup import CannotBackUp, Tally, back_up, restore
from storage.blobs import Blobs, BlobsUnavailable, open_blobs
from storage.database import DatabaseUnavailable, open_database

ELSEWHERE: Final = "go to the folder in which Kuotu runs, or set KUOTU_DATA_DIR"


async def back_up_into(file: Path, settings: Settings) -> None:
    """Write a backup into a new file while Kuotu may run. Raises CannotRun and OSError."""
    if settings.blobs.startswith("memory:"):
        raise CannotRun(f"pictures in {settings.blobs} are known to one program only and cannot be backed up")
    rows = sqlite_file(settings.database)
    with written(file) as archive:
        if rows is not None and not rows.exists():  # opening it would make an empty one
            raise CannotRun(f"there is no {rows}, so there is nothing to back up; {ELSEWHERE}")
        async with _stores(settings) as (database, blobs):
            with progress_bar("backup") as report:
                tally = await back_up(database, blobs, [key_file(settings)], archive, version("kuotu"), report)
    print(f"{file}: {_contents(tally)}. The file contains secrets and people's photos; only you can read it.")
    if tally.lost:
        print(f"{tally.lost} pictures are named in the database, but are not in {settings.blobs}.")


async def restore_from(file: Path, settings: Settings) -> None:
    """Fill an empty installation from a backup. Raises CannotRun, NoBackup and OSError."""
    async with AsyncExitStack() as stack:
        archive = stack.enter_context(opened(file))
        claim_folder(settings.data_dir, stack)
        database, blobs = await stack.enter_async_context(_stores(settings))
        report = stack.enter_context(progress_bar("restore"))
        tally = await restore(database, blobs, settings.data_dir, archive, report)
    folder = settings.data_dir.resolve()
    print(f"{folder}: {_contents(tally)} restored. To run it, set KUOTU_DATA_DIR to that folder.")


@asynccontextmanager
async def _stores(settings: Settings) -> AsyncIterator[tuple[AsyncEngine, Blobs]]:
    """Open the database and the pictures, and turn their errors into CannotRun."""
    try:
        database = await open_database(settings.database)
        try:
            yield database, open_blobs(settings.blobs)
        finally:
            await database.dispose()
    except (DatabaseUnavailable, BlobsUnavailable, CannotBackUp) as error:
        raise CannotRun(str(error)) from error


def _contents(tally: Tally) -> str:
    return f"{tally.rows} rows, {tally.pictures} pictures and {tally.keys} keys"
