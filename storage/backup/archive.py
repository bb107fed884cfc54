"""The file of a backup: a ZIP archive of rows, pictures and keys, which only its owner can read.

`backup.json` says what made it, `rows/<table>.jsonl` are the rows, `pictures/<key>` the blobs, and `keys/<name>` the
files of the installation's keys. Rows are compressed. Pictures are not, because they are compressed already.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

FACTS: Final = "backup.json"
ROWS, PICTURES, KEYS = "rows/", "pictures/", "keys/"
FORMAT: Final = 1  # of the archive; a program reads formats up to its own


class NoBackup(ValueError):
    """A file is not a backup, or not a whole one. The message is one line with the remedy."""


@dataclass(frozen=True)
class Facts:
    """What made a backup, and when."""

    version: str  # of Kuotu
    revision: str  # of the tables
    made_at: str  # ISO 8601, UTC
    format: int = FORMAT

    def too_new(self) -> NoBackup:
        """Return the error of a program that is too old to restore the backup."""
        return NoBackup(f"it was made by Kuotu {self.version}, which is newer; restore it with that version")


class Archive:
    """A backup that is being written or read."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file

    def write_facts(self, facts: Facts) -> None:
        """Write what made the backup."""
        self._write(FACTS, json.dumps(asdict(facts)).encode(), ZIP_DEFLATED)

    def write_rows(self, table: str, lines: Iterable[bytes]) -> int:
        """Write the rows of a table, however many there are, and return their number."""
        count, entry = 0, _entry(f"{ROWS}{table}.jsonl", ZIP_DEFLATED)
        with self._file.open(entry, "w", force_zip64=True) as out:
            for line in lines:
                out.write(line)
                count += 1
        return count

    def write_picture(self, key: str, data: bytes) -> None:
        """Write a blob."""
        self._write(PICTURES + key, data, ZIP_STORED)

    def write_key(self, name: str, data: bytes) -> None:
        """Write a file of the installation's keys."""
        self._write(KEYS + name, data, ZIP_STORED)

    def facts(self) -> Facts:
        """Return what made the backup. Raises NoBackup."""
        try:
            facts = json.loads(self._file.read(FACTS))
            found = Facts(facts["version"], facts["revision"], facts["made_at"], facts["format"])
        except (KeyError, TypeError, ValueError):
            raise NoBackup("it is a ZIP archive, but no backup of Kuotu") from None
        if found.format > FORMAT:
            raise found.too_new()
        return found

    def rows(self, table: str) -> Iterator[bytes]:
        """Return the rows of a table, which are none if the archive does not know it."""
        name = f"{ROWS}{table}.jsonl"
        if name in self._file.NameToInfo:
            with self._file.open(name) as lines:
                yield from lines

    def pictures(self) -> list[str]:
        """Return the keys of the blobs."""
        return [name.removeprefix(PICTURES) for name in self._file.namelist() if name.startswith(PICTURES)]

    def picture(self, key: str) -> bytes:
        """Return a blob."""
        return self._file.read(PICTURES + key)

    def keys(self) -> dict[str, bytes]:
        """Return the files of the installation's keys by their names, which contain no folder."""
        names = [name for name in self._file.namelist() if name.startswith(KEYS)]
        return {Path(name).name: self._file.read(name) for name in names}

    def _write(self, name: str, data: bytes, compression: int) -> None:
        self._file.writestr(_entry(name, compression), data)


@contextmanager
def written(path: Path) -> Iterator[Archive]:
    """Write a backup that only its owner can read. Until it is whole, it has another name. Raises OSError."""
    if path.exists():
        raise FileExistsError(17, "exists already; a backup replaces no file", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(path.parent))
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as out:
            with ZipFile(out, "w") as file:
                yield Archive(file)
            out.flush()
            os.fsync(out.fileno())
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Read a backup. Raises NoBackup, also when a part of it is damaged, and OSError."""
    try:
        with ZipFile(path) as file:
            yield Archive(file)
    except (BadZipFile, zlib.error) as error:
        raise NoBackup(f"it is no backup of Kuotu, or not a whole one ({error})") from error


def _entry(name: str, compression: int) -> ZipInfo:
    entry = ZipInfo(name)
    entry.compress_type = compression
    entry.external_attr = 0o600 << 16
    return entry
