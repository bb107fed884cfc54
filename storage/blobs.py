"""Picture bytes, kept by the hash of their content in the place that a URL names."""

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


class BlobsUnavailable(Exception):
    """The place for pictures cannot be used; the text is one line that names it and the remedy."""


class Blobs(Protocol):
    async def put(self, data: bytes, suffix: str) -> str:
        """Keep bytes, all or nothing; gives their key, the same for the same bytes and suffix."""

    async def put_at(self, key: str, data: bytes) -> None:
        """Keep bytes, all or nothing, under a key of the caller's: what can be made again from another blob."""

    async def get(self, key: str) -> bytes:
        """The bytes of a key. Raises FileNotFoundError."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Drop keys; those that are gone already do not matter."""


class ObjectBlobs:
    """Blobs in anything that obstore speaks to, called in a thread: its async calls abort the interpreter at exit."""

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
        obstore.put(self._store, key, data)  # a folder gets a temporary file that is renamed, S3 is atomic by nature
        return key

    def _get(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, key).bytes())

    def _delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            with suppress(FileNotFoundError):  # a crash may have come after the delete and before its commit
                obstore.delete(self._store, key)


def open_blobs(url: str) -> Blobs:
    """Open a folder (a path or `file://`), `memory://`, or `s3://bucket/prefix`. Raises BlobsUnavailable.

    S3 reads the usual AWS_* variables; `?endpoint=http://…&region=…` names another server that speaks S3.
    """
    address, shown = urlsplit(url), url.partition("?")[0].rpartition("@")[2]  # keys may stand around it
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
