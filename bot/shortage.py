"""Notices waiting jobs that no living worker serves, so that the people who wait and the operator are told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bot.metrics import UNSERVED
from storage.jobs.workers import Workers

log = structlog.get_logger()

EVERY = 10.0  # seconds between two looks
REMEDY = "start a worker whose KUOTU_ENGINE or KUOTU_ENGINE_CHOICE paints it"


@dataclass
class Shortage:
    """The presets that waiting jobs name and no living worker served at the last two looks.

    One look is not enough: after a start or an outage, a worker may not have given a sign of life yet. `changes` counts
    how often they have changed, so that a message drawn between two changes is drawn again.
    """

    presets: frozenset[str] = frozenset()
    changes: int = 0
    every: float = EVERY
    _last: frozenset[str] = frozenset()

    async def watch(self, workers: Workers) -> None:
        """Look again and again, until cancelled."""
        while True:
            self.note(await workers.missing())
            await asyncio.sleep(self.every)

    def note(self, missing: Mapping[str, int]) -> None:
        """Take in what one look has found missing, with the number of jobs that wait for it, and log what changes."""
        found = self._last & missing.keys()
        UNSERVED.set(sum(missing[preset] for preset in found))
        for preset in found - self.presets:
            log.warning("jobs.unserved", preset=preset or "any", jobs=missing[preset], remedy=REMEDY)
        for preset in self.presets - found:
            log.info("jobs.served", preset=preset or "any")
        self.changes += found != self.presets
        self.presets, self._last = found, frozenset(missing)
