"""Tells all programs on the database that this one paints, and with what."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.jobs.loop import OUTAGE
from storage.jobs.workers import Workers
from storage.models import Worker

log = structlog.get_logger()

EVERY = 10.0  # seconds between two signs of life


@dataclass(frozen=True)
class Presence:
    """The signs of life of one worker."""

    workers: Workers
    name: str
    engine: str
    model: str
    devices: int
    presets: Collection[str]

    async def run(self) -> None:
        """Give signs of life until cancelled, then withdraw."""
        try:
            while True:
                try:
                    await self.workers.seen(self._now())
                except OUTAGE as error:
                    log.warning("presence.outage", reason=str(error).partition("\n")[0])
                await asyncio.sleep(EVERY)
        finally:
            try:
                await self.workers.gone(self.name)
            except OUTAGE as error:  # it disappears from the list by itself soon
                log.warning("presence.outage", reason=str(error).partition("\n")[0])

    def _now(self) -> Worker:
        model = self.model[:255]
        return Worker(
            name=self.name,
            engine=self.engine,
            model=model,
            devices=self.devices,
            presets=sorted(self.presets),
            memory=resident_bytes(),
        )


def resident_bytes(proc: Path = Path("/proc")) -> int:
    """Return the resident memory of this process and its children, or 0 where the system does not tell."""
    try:
        children = [child for task in (proc / "self/task").iterdir() for child in _read(task / "children").split()]
        return 1024 * sum(_resident(proc / process) for process in ("self", *children))
    except OSError:
        return 0


def _resident(process: Path) -> int:
    """Return the resident memory of one process in kB, or 0 if it has ended."""
    try:
        lines = _read(process / "status").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _read(file: Path) -> str:
    return file.read_text("ascii", "replace")
