"""Supervises the tasks that live as long as the program: a task that fails is started again after a pause.

Outages of the database, the disk or the network never end the program. A programming error is logged with its
traceback. If it repeats five times within a minute, starting again does not help; then the program ends with a clear
line, so that systemd or the container runtime starts it anew.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import structlog

from bot.clock import Clock, SystemClock
from bot.conditions import Conditions
from bot.metrics import RESTARTS
from bot.outage import is_storage_outage, pause_after

log = structlog.get_logger()

AGAIN = 10.0  # seconds after which a task that has not ended is cancelled once more
MOST, WINDOW = 5, 60.0  # programming errors of one task, within so many seconds, that end the program

Work = Callable[[], Awaitable[None]]


@dataclass
class Supervisor:
    """Runs named tasks until its exit stack closes. `broken` is set, to a sentence, when one of them cannot run."""

    conditions: Conditions = field(default_factory=Conditions)
    clock: Clock = field(default_factory=SystemClock)
    again: float = AGAIN
    broken: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def start(self, name: str, work: Work, stack: AsyncExitStack) -> None:
        """Run `work` in the background until the stack closes. Work that returns is finished and not started again."""
        task = asyncio.create_task(self._keep(name, work), name=name)

        async def end() -> None:
            while not task.done():  # an error in a clean-up may take the place of the first cancellation
                task.cancel()
                await asyncio.wait({task}, timeout=self.again)

        stack.push_async_callback(end)

    async def _keep(self, name: str, work: Work) -> None:
        bugs: deque[float] = deque(maxlen=MOST)
        failures = 0
        while True:
            begun = self.clock.now()
            try:
                await work()
            except Exception as error:
                failures = 1 if self.clock.now() - begun > WINDOW else failures + 1
                self._note(name, error, bugs)
                await self.clock.sleep(pause_after(failures))
                self.conditions.recovered(name)
            else:
                return

    def _note(self, name: str, error: Exception, bugs: deque[float]) -> None:
        RESTARTS.labels(name).inc()
        reason = f"{type(error).__name__}: {str(error).strip() or 'no message'}".splitlines()[0]
        self.conditions.report(name, reason)
        if is_storage_outage(error):
            log.warning("task.interrupted", task=name, reason=reason)
            return
        log.error("task.failed", task=name, exc_info=error)
        bugs.append(self.clock.now())
        if len(bugs) == MOST and bugs[-1] - bugs[0] <= WINDOW and not self.broken.done():
            self.broken.set_result(f"«{name}» failed {MOST} times within a minute, last with {reason}")
