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
    """The presets that waiting jobs name and no living worker serves, as of the last look.

    `changes` counts how often they have changed, so that a message drawn between two changes is drawn again.
    """

    presets: frozenset[str] = frozenset()
    changes: int = 0

    async def watch(self, workers: Workers) -> None:
        """Look again and again, until cancelled."""
        while True:
            self.note(await workers.missing())
            await asyncio.sleep(EVERY)

    def note(self, missing: Mapping[str, int]) -> None:
        """Remember what is missing now, with the number of jobs that wait for it, and log what has changed."""
        UNSERVED.set(sum(missing.values()))
        for preset in missing.keys() - self.presets:
            log.warning("jobs.unserved", preset=preset or "any", jobs=missing[preset], remedy=REMEDY)
        for preset in self.presets - missing.keys():
            log.info("jobs.served", preset=preset or "any")
        self.changes += missing.keys() != self.presets
        self.presets = frozenset(missing)
