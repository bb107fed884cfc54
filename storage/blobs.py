"""Image files, stored under the hash of their content in the place that a URL names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

STORE_ERRORS = (BaseError, OSError)  # what a store raises that does not answer; a missing key is a FileNotFoundError


class BlobsUnavailable(Exception):
    """The blob store cannot be used. The message is one line that names it and the remedy."""


class Blobs(Protocol):
    """Stores bytes under keys."""

    async def put(self, data: bytes, suffix: str) -> str:
        """Store bytes atomically and return their key. Equal bytes with an equal suffix get the same key."""

    async def put_at(self, key: str, data: bytes) -> None:
        """Store bytes atomically under a given key. Use it for data that can be made again from another blob."""

    async def get(self, key: str) -> bytes:
        """Return the bytes of a key. Raises FileNotFoundError."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete keys. Keys that do not exist are ignored."""


class ObjectBlobs:
    """Blobs in an obstore store. Calls run in a thread, because obstore's async calls abort the interpreter at exit."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, data: bytes, suffix: str) -> str:
        return await asyncio.to_thread(self._put, data, suffix)

    async def put_at(self, key: str, data: bytes) -> None:
        await asyncio.to_thread(obstore.put, self._store, key, data)

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._get, key)

    async def delete(self, keys: Sequence[str]) -> None:
        await asyncio.to_thread(self._delete, keys)

    def _put(self, data: bytes, suffix: str) -> str:
        digest = sha256(data).hexdigest()
        key = f"{digest[:2]}/{digest}{suffix}"
        obstore.put(self._store, key, data)  # atomic: a folder gets a temporary file that is renamed
        return key

    def _get(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, key).bytes())

    def _delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            with suppress(FileNotFoundError):  # a crash may have happened between an earlier delete and its commit
                obstore.delete(self._store, key)


def open_blobs(url: str) -> Blobs:
    """Open a folder (a path or `file://`), `memory://`, or `s3://bucket/prefix`. Raises BlobsUnavailable.

    S3 reads the usual AWS_* variables. `?endpoint=http://…&region=…` selects another server with the S3 protocol.
    """
    address, shown = urlsplit(url), url.partition("?")[0].rpartition("@")[2]  # the rest may contain credentials
    try:
        match address.scheme:
            case "memory":
                return ObjectBlobs(MemoryStore())
            case "s3" if address.netloc:
                options: Any = dict(parse_qsl(address.query))
                plain = str(options.get("endpoint", "")).startswith("http://")
                prefix = address.path.strip("/") or None
                return ObjectBlobs(
                    S3Store(address.netloc, prefix=prefix, client_options={"allow_http": plain}, config=options)
                )
            case "" | "file":
                folder = Path(address.path).absolute()
                folder.mkdir(parents=True, exist_ok=True)
                return ObjectBlobs(LocalStore(folder))
    except (BaseError, OSError) as error:
        raise BlobsUnavailable(f"cannot keep pictures in {shown}: {str(error).splitlines()[0]}") from error
    raise BlobsUnavailable(f"cannot keep pictures in {shown!r}: use a folder, memory:// or s3://bucket/prefix")
