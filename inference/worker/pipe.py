"""A link to a child process: frames to it, frames from it, and how it ended."""

from __future__ import annotations

import os
from asyncio import StreamReader, StreamWriter, create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from signal import SIGKILL, Signals
from typing import Self

from inference.worker.frame import Frame, receive


class Link:
    def __init__(self, process: Process, orders: StreamWriter, answers: StreamReader) -> None:
        self._process, self._orders, self._answers = process, orders, answers

    @classmethod
    async def spawn(cls, *command: str) -> Self:
        """In a process group of its own, so that Ctrl-C ends it through its parent."""
        process = await create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=1 << 20, process_group=0)
        assert process.stdin
        assert process.stdout
        return cls(process, process.stdin, process.stdout)

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def post(self, frame: Frame) -> None:
        """Send without waiting: what the pipe does not take yet is kept, and lost if the child ends."""
        for part in frame.parts():
            self._orders.write(part)

    async def receive(self) -> Frame:
        return await receive(self._answers)

    def kill(self) -> None:
        """Not by Popen.kill, which would reap the child before asyncio does and so lose how it ended."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, SIGKILL)

    async def end(self) -> str:
        """Kill it, and say how it had ended, if it had: «ended by SIGSEGV»."""
        self.kill()
        while await self._answers.read(1 << 20):  # a process counts as ended when its pipes are empty
            pass
        self._orders.close()
        code = await self._process.wait()
        if code == -SIGKILL:
            return "was killed; memory may have run out"
        return f"ended by {Signals(-code).name}" if code < 0 else f"ended with status {code}"
