"""Files: the bytes in a folder, and one row per file id that describes them."""

import asyncio
import json
import mimetypes
import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from aiohttp import web

from bot.playground import pictures
from bot.playground.pictures import Rung
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World, dumps

DOWNLOAD_BYTES = 20 * 1024 * 1024
UPLOAD_BYTES = 50 * 1024 * 1024
SMALLER = re.compile(r"(photos/[\w-]+)\.(\d{1,4})x(\d{1,4})(\.jpg)", re.ASCII)  # the path of a smaller size of a photo
FILE_ID = re.compile(r'file_id":"([^"]+)"')  # in the compact JSON of the tables
PREFIXES = {
    "photo": "AgACAgUAAx",
    "document": "BQACAgUAAx",
    "video": "BAACAgUAAx",
    "animation": "CgACAgUAAx",
    "sticker": "CAACAgUAAx",
    "audio": "CQACAgUAAx",
    "voice": "AwACAgUAAx",
    "thumbnail": "AAMCBQADEQ",
}


@dataclass(frozen=True)
class Upload:
    """The bytes of an uploaded file, with its name and MIME type."""

    data: bytes
    name: str
    mime: str

    def __post_init__(self) -> None:
        if not self.data:
            raise bad_request("file must be non-empty")


@dataclass(frozen=True)
class Row:
    """A file's row in the table. `content` is the part of a message that shows it."""

    file_id: str
    kind: str
    path: str
    size: int  # 0 for a smaller size of a photo
    mime: str
    unique_id: str  # the same for equal files


@dataclass(frozen=True)
class Medium:
    """A stored file that no message shows yet: its kind, its part of the message, and its rows."""

    kind: str
    content: Any
    rows: tuple[Row, ...] = ()

    def record(self, world: World) -> None:
        """Insert the file's rows. Called in the transaction that uses them."""
        for row in self.rows:
            values = (row.file_id, row.kind, row.path, row.size, row.mime, row.unique_id, dumps(self.content))
            world.run("INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", *values)


@dataclass(frozen=True)
class Stored:
    """A file in the folder, and when it was written, in Unix seconds."""

    path: str
    size: int
    written: float


class Folder:
    """The folder with the bytes, one subfolder per kind, laid out as Telegram's own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def store(self, upload: Upload, kind: str, *, by_person: bool = False, shown: Json | None = None) -> Medium:
        """Write an upload as a photo, document, video and so on, and describe it. The work runs in a thread."""
        return await asyncio.to_thread(self._store, upload, kind, by_person, shown or {})

    def _store(self, upload: Upload, kind: str, by_person: bool, shown: Json) -> Medium:
        if kind == "photo":
            size, row = self._write_jpeg(rung := pictures.whole(upload.data, shrinks=by_person), "photo")
            less = [_smaller(row, *extent) for extent in pictures.smaller(rung.width, rung.height)]
            return Medium(kind, [*(small for small, _ in less), size], (*(small for _, small in less), row))
        mime = upload.mime if upload.mime != "application/octet-stream" else _mime_of(upload.name)
        row = self._write(upload.data, kind, PurePosixPath(upload.name).suffix, mime)
        content: Json = _described(row) | _frame(kind, upload.data)
        if kind not in {"sticker"}:
            content |= {"file_name": upload.name, "mime_type": mime}
        own = [row]
        small = pictures.thumbnail(upload.data)
        if small is not None:
            content["thumbnail"], thumbnail_row = self._write_jpeg(small, "thumbnail")
            own.append(thumbnail_row)
        return Medium(kind, content | {key: value for key, value in shown.items() if value is not None}, tuple(own))

    async def response(self, path: str, headers: dict[str, str] | None = None) -> web.StreamResponse | None:
        """Return a response with the bytes of a path, or None if there is no such file."""
        file = (self.root / path).resolve()
        if not file.is_relative_to(self.root.resolve()):
            return None
        if await asyncio.to_thread(file.is_file):
            return web.FileResponse(file, headers=headers)
        data = await asyncio.to_thread(self._reduced, path)
        return (
            None if data is None else web.Response(body=data, headers={"Content-Type": "image/jpeg"} | (headers or {}))
        )

    def _reduced(self, path: str) -> bytes | None:
        """Return a smaller size of a photo. It is made whenever somebody asks, because browsers keep what they load."""
        named = SMALLER.fullmatch(path)
        size = (int(named[2]), int(named[3])) if named else (0, 0)
        if named is None or not 0 < min(size) <= max(size) <= pictures.LADDER[-2]:
            return None
        whole = self.root / f"{named[1]}{named[4]}"
        return pictures.reduced(whole.read_bytes(), size) if whole.is_file() else None

    def _write_jpeg(self, rung: Rung, kind: str) -> tuple[Json, Row]:
        row = self._write(rung.data, kind, ".jpg", "image/jpeg")
        return _described(row) | {"width": rung.width, "height": rung.height}, row

    def _write(self, data: bytes, kind: str, suffix: str, mime: str) -> Row:
        """Write bytes once, under a name that their content gives, however often they are sent."""
        digest = sha256(data).digest()
        path = f"{kind}s/{urlsafe_b64encode(digest[:24]).decode()}{suffix.lower()}"
        target, token = self.root / path, secrets.token_urlsafe(24)
        if target.exists():
            os.utime(target)  # as young as a new one
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_name(f".{token}")
            unfinished.write_bytes(data)
            unfinished.rename(target)
        unique = "AQAD" + urlsafe_b64encode(digest[:12]).decode()
        return Row(PREFIXES[kind] + token, kind, path, len(data), mime, unique)

    def files(self) -> list[Stored]:
        """Return all files."""
        found = []
        for file in self.root.rglob("*"):
            with suppress(FileNotFoundError):  # one that was being written has got its name meanwhile
                size, written = (stat := file.stat()).st_size, stat.st_mtime
                found += [Stored(file.relative_to(self.root).as_posix(), size, written)] if file.is_file() else []
        return found

    def delete(self, paths: Iterable[str], before: float) -> None:
        """Delete files, unless they were written again since a time, in Unix seconds."""
        for file in (self.root / path for path in paths):
            with suppress(FileNotFoundError):  # somebody else tidies, too
                if file.stat().st_mtime < before:
                    file.unlink()


def _described(row: Row) -> Json:
    return {"file_id": row.file_id, "file_unique_id": row.unique_id} | ({"file_size": row.size} if row.size else {})


def _smaller(whole: Row, width: int, height: int) -> tuple[Json, Row]:
    """Describe a smaller size of a photo, whose bytes are made when somebody asks for them."""
    path = str(PurePosixPath(whole.path).with_suffix(f".{width}x{height}.jpg"))
    unique = "AQAD" + urlsafe_b64encode(sha256(path.encode()).digest()[:12]).decode()
    row = Row(PREFIXES["photo"] + secrets.token_urlsafe(24), "photo", path, 0, "image/jpeg", unique)
    return _described(row) | {"width": width, "height": height}, row


def _frame(kind: str, data: bytes) -> Json:
    """Return the size and duration that some kinds require. An unreadable header counts as 16:9."""
    if kind in {"document", "audio", "voice"}:
        return {} if kind == "document" else {"duration": 0}
    width, height = pictures.dimensions(data) or (640, 360)
    shape = {"width": width, "height": height}
    if kind == "sticker":
        return shape | {"type": "regular", "is_animated": False, "is_video": False}
    return shape | {"duration": 1}


def _mime_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def find(world: World, file_id: str) -> tuple[Row, Any] | None:
    """Return the row of a file id, and the part of a message that shows it."""
    row = world.row("SELECT * FROM files WHERE file_id = ?", file_id)
    if row is None:
        return None
    found = Row(row["file_id"], row["kind"], row["path"], row["size"], row["mime"], row["unique_id"])
    return found, json.loads(row["content"])


def known(world: World, file_id: str, kind: str) -> Medium:
    """Return a file that was sent before, to be sent again as the same kind."""
    found = find(world, file_id)
    if found is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    row, content = found
    if row.kind != kind:
        raise bad_request(f"can't use file of type {row.kind.title()} as {kind.title()}")
    return Medium(kind, content)
