"""Writes and restores backups: the rows of one moment, the pictures that they name, and the installation's keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import Connection, select, union
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.backup.archive import Archive, Facts
from storage.backup.rows import continue_numbering, dump, load, revision, tables
from storage.blobs import Blobs
from storage.cleanup.orphans import NAMED, orphans
from storage.database import transactions
from storage.migrations import migrate, upgrade
from storage.models import Expansion, Film, Status, now

Report = Callable[[float], None]  # is told the finished fraction, 0 to 1


class CannotBackUp(Exception):
    """There is nothing to back up, or no room to restore into. The message is one line with the remedy."""


@dataclass(frozen=True)
class Tally:
    """What a backup contains. Lost are pictures that rows name, but that are not in the store."""

    rows: int
    pictures: int
    keys: int
    lost: int = 0


async def back_up(
    engine: AsyncEngine, blobs: Blobs, keys: Sequence[Path], archive: Archive, version: str, report: Report
) -> Tally:
    """Write everything into an archive while other programs go on.

    The rows are those of one moment, because they are read in one transaction. The pictures follow: a blob never
    changes, and those that are deleted meanwhile are left out. Raises CannotBackUp.
    """
    count, named, films = await _write_rows(engine, archive, version)
    pictures, missing = 0, list[str]()
    for number, key in enumerate([*named, *films], 1):
        try:
            archive.write_picture(key, await blobs.get(key))
            pictures += 1
        except FileNotFoundError:
            missing += [key] * (number <= len(named))  # a film is made again when somebody asks for it
        report(number / (len(named) + len(films)))
    async with transactions(engine).read() as session:
        lost = set(missing) - set(await orphans(session, missing))
    return Tally(count, pictures, _write_keys(keys, archive), len(lost))


async def restore(engine: AsyncEngine, blobs: Blobs, folder: Path, archive: Archive, report: Report) -> Tally:
    """Fill an empty database, the blobs and the data folder's keys, then migrate to the newest revision.

    Rows come last and in one transaction, so that an interrupted restoration can be repeated. Raises CannotBackUp and
    NoBackup.
    """
    facts = archive.facts()
    async with engine.connect() as connection:
        if await connection.run_sync(revision) is not None:
            where = engine.url.render_as_string(hide_password=True)
            remedy = "restore into an empty one, such as that of a new folder: KUOTU_DATA_DIR=new kuotu restore FILE"
            raise CannotBackUp(f"the database {where} contains tables already; {remedy}")
    _restore_keys(folder, archive.keys())
    for number, key in enumerate(pictures := archive.pictures(), 1):
        await blobs.put_at(key, archive.picture(key))
        report(number / len(pictures))
    count = 0

    def fill(connection: Connection) -> None:
        nonlocal count
        count = _fill(connection, archive, facts)

    await migrate(engine, fill)
    return Tally(count, len(pictures), len(archive.keys()))


async def _write_rows(engine: AsyncEngine, archive: Archive, version: str) -> tuple[int, list[str], list[str]]:
    """Write the rows. Returns their number, the blobs that they name, and the blobs of films."""
    repeatable = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}

    def write(connection: Connection) -> tuple[int, list[str], list[str]]:
        found = revision(connection)
        if found is None:
            raise CannotBackUp("the database has no tables, so there is nothing to back up")
        archive.write_facts(Facts(version, found, now().isoformat()))
        count = sum(archive.write_rows(table.name, dump(connection, table)) for table in tables(connection))
        return count, _named(connection), _films(connection)

    async with engine.execution_options(**repeatable).connect() as connection:
        return await connection.run_sync(write)


def _named(connection: Connection) -> list[str]:
    """Return the keys of all blobs that rows name. Older tables lack some of the columns."""
    there = {(table.name, column.name) for table in tables(connection) for column in table.columns}
    known = [column for column in NAMED if (column.class_.__tablename__, column.key) in there]
    keys = connection.scalars(union(*(select(column).where(column.is_not(None)) for column in known)))
    return sorted(key for key in keys if key is not None)


def _films(connection: Connection) -> list[str]:
    """Return the keys of the blobs of all finished films."""
    made = select(Expansion.preview, Film.kind).join(Film, Film.expansion_id == Expansion.id)
    finished = connection.execute(made.where(Film.status == Status.DONE))
    return [key for picture, kind in finished if picture for key in (kind.movie(picture), kind.poster(picture))]


def _fill(connection: Connection, archive: Archive, facts: Facts) -> int:
    """Create the tables as they were when the backup was made, and insert its rows. Returns their number."""
    try:
        upgrade(connection, facts.revision)
    except CommandError:
        raise facts.too_new() from None
    count = 0
    for table in tables(connection):
        count += load(connection, table, archive.rows(table.name))
        continue_numbering(connection, table)
    return count


def _write_keys(keys: Sequence[Path], archive: Archive) -> int:
    files = [path for path in keys if path.is_file()]
    for path in files:
        archive.write_key(path.name, path.read_bytes())
    return len(files)


def _restore_keys(folder: Path, keys: dict[str, bytes]) -> None:
    """Write the keys, readable by their owner only. Raises CannotBackUp if there is another key of the same name."""
    for name, data in keys.items():
        path = folder / name
        if path.exists() and path.read_bytes() != data:
            raise CannotBackUp(f"{path} is another key already; restore into an empty folder")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(data)
