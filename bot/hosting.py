"""A program among others on its machine: its folder, its port, and what it runs beside its main work."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import CannotRun


def claim_folder(folder: Path, stack: AsyncExitStack) -> None:
    """Two programs in one data folder would undo each other's work, so the second does not start: CannotRun."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stack.enter_context(FileLock(folder / ".lock", timeout=0))
    except Timeout:
        raise CannotRun(f"another Kuotu uses the folder {folder.resolve()}; stop it, or set KUOTU_DATA_DIR") from None
    except OSError as error:
        raise CannotRun(
            f"cannot write in {folder.resolve()} ({error.strerror}); set KUOTU_DATA_DIR to a folder that can be written"
        ) from None


def this_program() -> str:
    """A name for this process among all that share a database."""
    return f"{socket.gethostname()[:32]}:{os.getpid()}"


@asynccontextmanager
async def joining(database: str, stack: AsyncExitStack) -> AsyncIterator[bool]:
    """Whether nobody else uses a database, while this program joins; until the stack closes, it is known to be there.

    On SQLite each program holds a shared lock on a file beside the database, so whoever gets it exclusively is alone,
    however the others ended; who starts at the same time waits. Elsewhere nobody can know: False.
    """
    file = sqlite_file(database)
    if file is None:
        yield False
        return
    lock = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    stack.callback(os.close, lock)
    alone = False
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    try:
        yield alone
    finally:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_SH)


def sqlite_file(database: str) -> Path | None:
    """The file of an SQLite database, or None if the URL names another database, or one in memory, or is none."""
    try:
        address = make_url(database)
    except ArgumentError:
        return None
    named = address.database if address.get_backend_name() == "sqlite" else None
    return Path(named) if named and named != ":memory:" else None


def free_port(host: str, port: int = 0) -> int:
    """Return a port that a program can listen on now: this one, or any for 0. Raises CannotRun with the remedy."""
    try:
        return try_port(host, port)
    except OSError as error:
        raise CannotRun(cannot_listen(host, port, error)) from None


def try_port(host: str, port: int) -> int:
    """Take a port, or any for 0, leave it again, and return it. Raises OSError.

    Of a host name with several addresses, the first one is tried. Looking it up may take a moment.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.create_server(address[:2], family=family) as server:
        return int(server.getsockname()[1])


def cannot_listen(host: str, port: int, error: OSError) -> str:
    """Why nobody can listen there, and which of the two settings mends it."""
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        remedy = "is no address of this machine; set KUOTU_HOST to one, such as 127.0.0.1, or 0.0.0.0 for all of them"
        return f"KUOTU_HOST={host} {remedy}"
    remedy = "a port from 1024 on, or a proxy in front" if error.errno == errno.EACCES else "a free port"
    return f"cannot listen on {host}:{port} ({error.strerror}); set KUOTU_PORT to {remedy}"


def reachable(host: str) -> str:
    """Where a program on this machine finds one that listens on a host, which may stand for all: a part of a URL."""
    found = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{found}]" if ":" in found else found
