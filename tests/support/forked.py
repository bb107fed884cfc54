"""Programs that fork from a process which has imported them already, so that a start costs little more than its work.

Each is a process of its own, in its own folder and with its own environment, that may be killed as any other.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.support.blind import main
from tests.support.photos import ROOT

Body = Callable[..., Coroutine[Any, Any, None]]  # a function of a module, which gets texts

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["tests.support.blind", "bot.serving", "storage.migrations"])


@dataclass(frozen=True)
class Forked:
    """A running program. It has the methods of a process of asyncio that tests use."""

    process: ForkServerProcess
    stdout: asyncio.StreamReader
    pipe: asyncio.ReadTransport

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def kill(self) -> None:
        self.process.kill()

    def terminate(self) -> None:
        self.process.terminate()

    def send_signal(self, number: int) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    async def wait(self) -> int | None:
        """Wait until it has ended, and return its exit code."""
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(self.process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self.process.sentinel)
        self.process.join()
        self.pipe.close()
        return self.returncode


async def fork(*arguments: str, cwd: Path, env: Mapping[str, str], body: Body = main) -> Forked:
    """Start a program with these arguments: that of `tests.support.blind`, or another."""
    reading, writing = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_live, args=(body, arguments, cwd, dict(env), writing), daemon=True)
    await asyncio.to_thread(process.start)  # which waits for the process to fork from, if it does not run yet
    writing.close()
    stdout, file = asyncio.StreamReader(), os.fdopen(os.dup(reading.fileno()), "rb")
    reading.close()
    loop = asyncio.get_running_loop()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdout), file)
    return Forked(process, stdout, pipe)


def _live(
    body: Body, arguments: tuple[str, ...], folder: Path, environment: dict[str, str], stdout: Connection
) -> None:
    os.dup2(stdout.fileno(), 1)
    stdout.close()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment | {"PYTHONPATH": str(ROOT)})  # where the engine's process finds its opener
    asyncio.run(body(*arguments))
