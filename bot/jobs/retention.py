"""Deletes unpublished pictures after the retention period. It wakes up when the next picture is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.services import Services
from storage.models import now

log = structlog.get_logger()

SOONEST, LATEST = 60.0, 86_400.0  # seconds between two sweeps; the minimum lets several pictures go in one sweep


@dataclass
class Keeper:
    """Runs the sweeps of the retention period."""

    services: Services
    clock: Callable[[], datetime] = now

    async def run(self) -> None:
        """Sweep when the oldest unpublished picture is due, unless another program does, until cancelled.

        Whoever supervises it starts it again after an outage.
        """
        while True:
            wait = await self.services.retention.begin() or await self._look()
            await asyncio.sleep(min(max(wait, SOONEST), LATEST))

    async def _look(self) -> float:
        """Sweep. Returns the seconds until the next sweep is due."""
        await self.sweep()
        due = await self.services.retention.next_due()
        wait = (due - self.clock()).total_seconds() if due is not None else LATEST
        # a picture that is still there although it is overdue is needed, so looking again soon is no use
        wait = min(max(wait, SOONEST), LATEST) if wait > 0 else LATEST
        await self.services.retention.end(wait)
        return wait

    async def sweep(self) -> int:
        """Delete all rows that are due; their blobs follow. Returns the number of rows."""
        gone = 0
        while lot := await self.services.retention.sweep(self.clock()):
            self.services.rounds.ring()
            gone += lot
        if gone:
            log.info("retention.swept", rows=gone)
        return gone
