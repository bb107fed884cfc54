"""A backup restores every row, picture and key, from either database into either, while others write."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from alembic import command
from sqlalchemy import Connection, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.backup.archive import NoBackup, opened, written
from storage.backup.backup import CannotBackUp, Tally, back_up, restore
from storage.blobs import Blobs, open_blobs
from storage.database import open_database, transactions
from storage.expansions import Store
from storage.jobs.queue import Queue
from storage.migrations import configuration, migrate
from storage.models import Base, Expansion, Feeling, Film, FilmKind, Person, Photo, Piece, Reaction, Status
from tests.support.databases import DATABASES, sqlite_in
from tests.support.rows import ANN, BOB, add, add_people, make, photo, start

CONTENT = {"blob": b"the photo", "thumb": b"small", "preview": b"the preview"}
CONTENT |= {"master": b"the last piece", "piece": b"the first piece"}


def quietly(fraction: float) -> None:
    assert 0 < fraction <= 1


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(str(tmp_path / "blobs"))


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "signing.pem").write_bytes(b"a secret")
    return folder


@pytest.fixture
async def made(engine: AsyncEngine, store: Store, queue: Queue, blobs: Blobs) -> Expansion:
    """A finished expansion with a film and a vote, and one that waits."""
    stored = {name: await blobs.put(data, ".bin") for name, data in CONTENT.items()}
    source = await store.photos.add(photo(ANN, chat_id=ANN, message_id=5, blob=stored["blob"], thumb=stored["thumb"]))
    one = await make(store, queue, source, words=["钢琴", "piano"], recipe={"steps": [1, 2.5], "none": None})
    async with transactions(engine).write() as session:
        row = await session.get_one(Expansion, one.id)
        row.preview = stored["preview"]
        assert row.result is not None
        row.result.blob, row.result.thumb = stored["master"], stored["thumb"]
        for number, name in enumerate(("piece", "master")):
            session.add(Piece(photo_id=row.result.id, position=number, blob=stored[name], left=number, top=7))
    await blobs.put_at(FilmKind.LOOP.movie(stored["preview"]), b"a film")
    await add(engine, Film(expansion_id=one.id, kind=FilmKind.LOOP, status=Status.DONE))
    await add(engine, Reaction(expansion_id=one.id, person_id=BOB, feeling=Feeling.LAUGHING))
    await start(store, source, BOB)
    return one


@pytest.fixture(params=DATABASES)
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A database without tables."""
    if request.param == "sqlite":
        engine = await open_database(sqlite_in(tmp_path / "restored"))
        yield engine
        await engine.dispose()
        return
    server = await open_database(request.getfixturevalue("postgres_server"))
    plain = server.execution_options(isolation_level="AUTOCOMMIT")
    async with plain.connect() as connection:
        await connection.execute(text("CREATE DATABASE restored"))
    engine = await open_database(request.getfixturevalue("postgres_server").replace("/postgres?", "/restored?"))
    yield engine
    await engine.dispose()
    async with plain.connect() as connection:
        await connection.execute(text("DROP DATABASE restored"))
    await server.dispose()


async def contents(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    async with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def backed_up(engine: AsyncEngine, blobs: Blobs, keys: Path, file: Path) -> Tally:
    with written(file) as archive:
        return await back_up(engine, blobs, [keys / "signing.pem"], archive, "1.2", quietly)


async def test_everything_returns_on_either_database(
    engine: AsyncEngine, made: Expansion, blobs: Blobs, keys: Path, empty: AsyncEngine, tmp_path: Path
) -> None:
    file, other, secrets = tmp_path / "kuotu.zip", open_blobs("memory://"), tmp_path / "restored" / "keys"
    tally = await backed_up(engine, blobs, keys, file)
    assert (tally.pictures, tally.keys, tally.lost) == (6, 1, 0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with opened(file) as archive:
        assert await restore(empty, other, secrets, archive, quietly) == tally
    assert await contents(empty) == await contents(engine)
    assert tally.rows == sum(map(len, (await contents(engine)).values())) > 8
    assert (secrets / "signing.pem").read_bytes() == b"a secret"
    assert stat.S_IMODE((secrets / "signing.pem").stat().st_mode) == 0o600
    async with transactions(empty).read() as session:
        again = await session.get_one(Expansion, made.id)
    assert again.preview is not None
    assert await other.get(again.preview) == b"the preview"
    assert await other.get(again.source.blob) == b"the photo"
    master = await Store(empty).photos.with_pieces(again.result_id or 0)
    assert master is not None
    assert [await other.get(piece.blob) for piece in master.pieces] == [b"the first piece", b"the last piece"]
    assert await other.get(FilmKind.LOOP.movie(again.preview)) == b"a film"


async def test_numbering_goes_on_after_the_restored_rows(
    engine: AsyncEngine, made: Expansion, blobs: Blobs, keys: Path, empty: AsyncEngine, tmp_path: Path
) -> None:
    await backed_up(engine, blobs, keys, tmp_path / "kuotu.zip")
    with opened(tmp_path / "kuotu.zip") as archive:
        await restore(empty, open_blobs("memory://"), tmp_path / "more", archive, quietly)
    added = await Store(empty).photos.add(photo(ANN, chat_id=ANN, message_id=99))
    assert added.id > max(made.source_id, made.result_id or 0)


async def test_rows_are_of_one_moment_and_what_is_deleted_meanwhile_is_left_out(
    engine: AsyncEngine, made: Expansion, blobs: Blobs, keys: Path, tmp_path: Path
) -> None:
    """A person sends a photo and another one is forgotten between the rows and the pictures."""
    busy = Busy(engine, blobs)
    tally = await backed_up(engine, busy, keys, tmp_path / "kuotu.zip")
    assert busy.changed
    assert (tally.lost, tally.pictures) == (0, 5)
    with opened(tmp_path / "kuotu.zip") as archive:
        assert len(list(archive.rows("photos"))) == 2


class Busy:
    """Blobs of an installation where a photo arrives and another one loses its blob as soon as the first is read."""

    def __init__(self, engine: AsyncEngine, blobs: Blobs) -> None:
        self._engine, self._blobs, self.changed = engine, blobs, False
        self.put, self.put_at, self.delete = blobs.put, blobs.put_at, blobs.delete

    async def get(self, key: str) -> bytes:
        if not self.changed:
            self.changed = True
            async with transactions(self._engine).write() as session:
                for row in await session.scalars(select(Photo)):
                    row.blob, gone = "elsewhere", row.blob
                    if row.chat_id is not None:
                        await self._blobs.delete([gone])
            await Store(self._engine).photos.add(photo(BOB, chat_id=BOB, message_id=1))
        return await self._blobs.get(key)


async def test_a_picture_that_is_missing_is_counted(
    engine: AsyncEngine, made: Expansion, blobs: Blobs, keys: Path, tmp_path: Path
) -> None:
    await blobs.delete([made.source.blob])
    assert (await backed_up(engine, blobs, keys, tmp_path / "kuotu.zip")).lost == 1


async def test_only_an_empty_database_is_filled_and_no_key_is_replaced(
    engine: AsyncEngine, made: Expansion, blobs: Blobs, keys: Path, empty: AsyncEngine, tmp_path: Path
) -> None:
    await backed_up(engine, blobs, keys, tmp_path / "kuotu.zip")
    with opened(tmp_path / "kuotu.zip") as archive:
        with pytest.raises(CannotBackUp, match="into an empty one"):
            await restore(engine, blobs, keys, archive, quietly)
        (keys / "signing.pem").write_bytes(b"another secret")
        with pytest.raises(CannotBackUp, match="another key already"):
            await restore(empty, blobs, keys, archive, quietly)
    with pytest.raises(CannotBackUp, match="nothing to back up"):
        await backed_up(empty, blobs, keys, tmp_path / "nothing.zip")
    assert "nothing" not in " ".join(map(str, left_in(tmp_path)))
    with pytest.raises(FileExistsError, match="replaces no file"):
        await backed_up(engine, blobs, keys, tmp_path / "kuotu.zip")


async def test_a_backup_of_older_tables_is_migrated(tmp_path: Path, empty: AsyncEngine) -> None:
    old, file, nothing = await open_database(sqlite_in(tmp_path / "old")), tmp_path / "old.zip", open_blobs("memory://")
    await migrate(old)
    await add_people(old, ANN)

    def age(connection: Connection) -> None:
        command.downgrade(configuration(connection), "0008")

    async with old.execution_options(writing=True).begin() as connection:
        await connection.run_sync(age)
    await backed_up(old, nothing, tmp_path / "no keys", file)
    await old.dispose()
    with opened(file) as archive:
        assert archive.facts().revision == "0008"
        await restore(empty, nothing, tmp_path / "no keys", archive, quietly)
    async with transactions(empty).read() as session:
        assert await session.get(Person, ANN) is not None
    async with empty.connect() as connection:
        await connection.run_sync(lambda sync: command.check(configuration(sync)))


@pytest.mark.parametrize("change", ["truncated", "flipped", "text", "zip", "newer format", "newer tables"])
async def test_what_is_no_backup_or_a_damaged_one_is_refused(tmp_path: Path, change: str) -> None:
    sound, file, nothing = tmp_path / "sound.zip", tmp_path / "file.zip", open_blobs("memory://")
    engine = await open_database(sqlite_in(tmp_path / "one"))
    await migrate(engine)
    await add_people(engine, ANN)
    await backed_up(engine, nothing, tmp_path / "no keys", sound)
    data = sound.read_bytes()
    match change:
        case "truncated":
            file.write_bytes(data[: len(data) // 2])
        case "flipped":
            middle = data.index(b"rows/people.jsonl") + 40
            file.write_bytes(data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
        case "text":
            file.write_bytes(b"hello")
        case "zip":
            with ZipFile(file, "w") as other:
                other.writestr("hello", "you")
        case _:
            shutil.copy(sound, file)
            facts = {"version": "9", "revision": "9999", "made_at": "", "format": 9 if change == "newer format" else 1}
            _replace_facts(file, facts)
    empty = await open_database(sqlite_in(tmp_path / "two"))
    with pytest.raises(NoBackup) as refused, opened(file) as archive:
        await restore(empty, nothing, tmp_path / "no keys", archive, quietly)
    assert ("newer; restore it with that version" in str(refused.value)) == change.startswith("newer")
    async with empty.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM sqlite_master")) == 0
    await engine.dispose()
    await empty.dispose()


def _replace_facts(file: Path, facts: dict[str, object]) -> None:
    with ZipFile(file) as whole:
        entries = {name: whole.read(name) for name in whole.namelist()}
    with ZipFile(file, "w") as changed:
        for name, data in (entries | {"backup.json": json.dumps(facts).encode()}).items():
            changed.writestr(name, data)
