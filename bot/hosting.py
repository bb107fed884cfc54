"""A program among others on its machine: its folder, its port, and what it runs beside its main work."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
from aiohttp import web
from filelock import FileLock, Timeout

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
