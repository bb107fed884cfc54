"""Image files, stored under the hash of their content in the place that a URL names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path, PurePath
from typing import Any, NamedTuple, Protocol, cast
from urllib.parse import SplitResult, parse_qsl, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

STORE_ERRORS = (BaseError, OSError)  # what a store raises that does not answer; a missing key is a FileNotFoundError
PATIENCE: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}  # otherwise S3 is tried for three minutes


class BlobsUnavailable(Exception):
    """The blob store cannot be used. The message is one line that names it and the remedy."""


KINDS = {".jpg": "image/jpeg", ".webp": "image/webp", ".png": "image/png", ".mp4": "video/mp4"}
BULK = 1000  # most keys of one request; the limit of S3
FOLDERS = tuple(f"{number:02x}" for number in range(256))  # every key begins with one of them and a slash
LEFT_OVER = re.compile(r".+#\d+")  # the names of files that obstore has not finished writing


class Stored(NamedTuple):
    """A blob of a listing."""

    key: str
    modified: datetime  # when it was put last, in UTC


class Blobs(Protocol):
    """Stores bytes under keys. `outside` is where links lead, such as `https://s3.example.org`, or empty."""

    outside: str

    async def put(self, data: bytes, suffix: str) -> str:
        """Store bytes atomically and return their key. Equal bytes with an equal suffix get the same key.

        A blob that is there already becomes as young as a new one.
        """

    async def put_at(self, key: str, data: bytes) -> None:
        """Store bytes atomically under a given key. Use it for data that can be made again from another blob."""

    async def get(self, key: str) -> bytes:
        """Return the bytes of a key. Raises FileNotFoundError."""

    async def link(self, key: str, seconds: float) -> str | None:
        """Return an address where anybody may get a blob for so long, or None if this store gives out none.

        Raises FileNotFoundError.
        """

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete keys. Keys that do not exist are ignored."""

    def listed(self, folder: str) -> AsyncIterator[Sequence[Stored]]:
        """List the blobs of one of FOLDERS in pages of at most BULK, in any order."""


def key_of(data: bytes, suffix: str) -> str:
    """Return the key of bytes: the hash of their content, in a folder named after its first two digits."""
    digest = sha256(data).hexdigest()
    return f"{digest[:2]}/{digest}{suffix}"


class ObjectBlobs:
    """Blobs in an obstore store. Calls run in a thread, because obstore's async calls abort the interpreter at exit.

    `folder` is where a LocalStore keeps its files. `signer` is the same bucket at the address `outside`, where people
    reach it.
    """

    def __init__(
        self, store: ObjectStore, folder: Path | None = None, signer: S3Store | None = None, outside: str = ""
    ) -> None:
        self._store, self._folder, self._signer, self.outside = store, folder, signer, outside

    async def put(self, data: bytes, suffix: str) -> str:
        return await asyncio.to_thread(self._put, data, suffix)

    async def put_at(self, key: str, data: bytes) -> None:
        await asyncio.to_thread(self._put_at, key, data)

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._get, key)

    async def link(self, key: str, seconds: float) -> str | None:
        if self._signer is None:
            return None
        return await asyncio.to_thread(self._signed, self._signer, key, timedelta(seconds=seconds))

    def _signed(self, signer: S3Store, key: str, holds: timedelta) -> str:
        """Return a link. Both calls may ask a server, the second one for credentials."""
        obstore.head(self._store, key)
        return obstore.sign(signer, "GET", key, holds)

    async def delete(self, keys: Sequence[str]) -> None:
        await asyncio.to_thread(self._delete, keys)

    def _put(self, data: bytes, suffix: str) -> str:
        key = key_of(data, suffix)
        self._put_at(key, data)
        return key

    def _put_at(self, key: str, data: bytes) -> None:
        """Put a blob atomically: a folder gets a temporary file that is renamed. Only S3 tells browsers its type."""
        kind = KINDS.get(PurePath(key).suffix) if isinstance(self._store, S3Store) else None
        obstore.put(self._store, key, data, attributes={"Content-Type": kind} if kind else None)

    def _get(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, key).bytes())

    def _delete(self, keys: Sequence[str]) -> None:
        if isinstance(self._store, S3Store):  # one request instead of a thousand
            for start in range(0, len(keys), BULK):
                obstore.delete(self._store, keys[start : start + BULK])
            return
        for key in keys:
            with suppress(FileNotFoundError):  # a crash may have happened between an earlier delete and its commit
                self._delete_one(key)

    def _delete_one(self, key: str) -> None:
        if self._folder is None:
            obstore.delete(self._store, key)
        elif LEFT_OVER.fullmatch(key):  # obstore refuses these names
            (self._folder / key).unlink()
        else:
            _delete_left_over(self._folder / key)
            obstore.delete(self._store, key)

    async def listed(self, folder: str) -> AsyncIterator[Sequence[Stored]]:
        pages = self._pages(folder)
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            yield page

    def _pages(self, folder: str) -> Iterator[Sequence[Stored]]:
        for page in obstore.list(self._store, prefix=folder, chunk_size=BULK):
            yield [Stored(one["path"], one["last_modified"]) for one in page]
        if self._folder is not None and (self._folder / folder).is_dir():
            yield [_stat(path, folder) for path in (self._folder / folder).iterdir() if LEFT_OVER.fullmatch(path.name)]


def _delete_left_over(path: Path) -> None:
    """Delete what killed programs have written of a blob. obstore numbers these files, and the last one is mostly 1."""
    with suppress(FileNotFoundError):
        for number in count(1):
            path.with_name(f"{path.name}#{number}").unlink()


def _stat(path: Path, folder: str) -> Stored:
    return Stored(f"{folder}/{path.name}", datetime.fromtimestamp(path.stat().st_mtime, UTC))


def open_blobs(url: str, outside: str = "") -> Blobs:
    """Open a folder (a path or `file://`), `memory://`, or `s3://bucket/prefix`. Raises BlobsUnavailable.

    S3 reads the usual AWS_* variables. `?endpoint=http://…&region=…` selects another server with the S3 protocol.
    `outside` is the address at which people reach the S3 server; without one there are no links.
    """
    address, shown = urlsplit(url), url.partition("?")[0].rpartition("@")[2]  # the rest may contain credentials
    try:
        match address.scheme:
            case "s3" if address.netloc:
                options: dict[str, Any] = dict(parse_qsl(address.query))
                signer = _bucket(address, options | {"endpoint": outside}) if outside else None
                return ObjectBlobs(_bucket(address, options), signer=signer, outside=outside)
            case _ if outside:
                raise BlobsUnavailable(f"only an S3 server is reached at {outside}; pictures are kept in {shown}")
            case "memory":
                return ObjectBlobs(MemoryStore())
            case "" | "file":
                folder = Path(address.path).absolute()
                folder.mkdir(parents=True, exist_ok=True)
                return ObjectBlobs(LocalStore(folder), folder)
    except (BaseError, OSError) as error:
        raise BlobsUnavailable(f"cannot keep pictures in {shown}: {str(error).splitlines()[0]}") from error
    raise BlobsUnavailable(f"cannot keep pictures in {shown!r}: use a folder, memory:// or s3://bucket/prefix")


def _bucket(address: SplitResult, options: dict[str, Any]) -> S3Store:
    client: Any = {"allow_http": str(options.get("endpoint", "")).startswith("http://")}
    prefix, config = address.path.strip("/") or None, cast(Any, options)
    return S3Store(address.netloc, prefix=prefix, client_options=client, retry_config=PATIENCE, config=config)
