"""A program among others on its machine: its folder, its port, and what it runs beside its main work."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import structlog
from aiohttp import web
from filelock import FileLock, Timeout
from sqlalchemy import make_url

from bot.errors import CannotRun

log = structlog.get_logger()


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
    address = make_url(database)
    if address.get_backend_name() != "sqlite" or not address.database:
        yield False
        return
    lock = os.open(f"{address.database}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    stack.callback(os.close, lock)
    alone = False
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    try:
        yield alone
    finally:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_SH)


def free_port(host: str) -> int:
    """A port that nobody listens on now."""
    with socket.create_server((host, 0)) as server:
        return int(server.getsockname()[1])


def reachable(host: str) -> str:
    """Where a program on this machine finds one that listens on a host, which may stand for all."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)


async def listen(app: web.Application, host: str, port: int, stack: AsyncExitStack) -> None:
    """Serve pages until the stack closes. Raises CannotRun when the port is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise CannotRun(f"cannot listen on {host}:{port} ({error.strerror}); set KUOTU_PORT to a free port") from None


async def run_beside(coroutine: Awaitable[None], stack: AsyncExitStack) -> None:
    """Run in the background until the stack closes; a background task that dies takes the program along."""
    task = asyncio.ensure_future(coroutine)
    main = asyncio.current_task()

    def died(task: asyncio.Future[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.critical("background.died", exc_info=task.exception())
            if main is not None:
                main.cancel()

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    task.add_done_callback(died)
    stack.push_async_callback(end)
