"""A link to a child process, which sends frames, receives frames and reports how the process ended."""

from __future__ import annotations

import os
from asyncio import StreamReader, StreamWriter, create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from signal import SIGKILL, Signals
from typing import Final, Self

from inference.worker.frame import Frame, receive

ONE_CORE: Final = {"OPENBLAS_NUM_THREADS": "1"}  # NumPy's products of small matrices only waste time on several cores


class Link:
    """A child process and the two pipes to it."""

    def __init__(self, process: Process, orders: StreamWriter, answers: StreamReader) -> None:
        self._process, self._orders, self._answers = process, orders, answers

    @classmethod
    async def spawn(cls, *command: str) -> Self:
        """Start a command in its own process group, so that Ctrl-C reaches only the parent, which ends the child.

        NumPy uses one core there, unless the environment says otherwise.
        """
        process = await create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, limit=1 << 20, process_group=0, env=ONE_CORE | os.environ
        )
        assert process.stdin
        assert process.stdout
        return cls(process, process.stdin, process.stdout)

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def post(self, frame: Frame) -> None:
        """Send a frame without waiting.

        Bytes that the pipe cannot take yet are buffered; they are lost if the child ends.
        """
        for part in frame.parts():
            self._orders.write(part)

    async def receive(self) -> Frame:
        """Wait for the next frame. Raises EOFError when the child has closed its pipe."""
        return await receive(self._answers)

    def kill(self) -> None:
        """Kill the process. Popen.kill is not used: it would reap the child before asyncio and lose its exit status."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, SIGKILL)

    async def end(self) -> str:
        """Kill the process if it still runs, and return how it ended, such as «ended by SIGSEGV»."""
        self.kill()
        while await self._answers.read(1 << 20):  # asyncio reports an exit only after the pipes are empty
            pass
        self._orders.close()
        code = await self._process.wait()
        if code == -SIGKILL:
            return "was killed; memory may have run out"
        return f"ended by {Signals(-code).name}" if code < 0 else f"ended with status {code}"
