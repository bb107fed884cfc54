"""`kuotu run` and `kuotu worker`: everything runs until a signal arrives."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack

from bot.bootstrap import running
from bot.errors import CannotRun
from bot.settings import Settings
from bot.watchdog import watch_event_loop
from inference.worker.process import OPENER


async def until_told(settings: Settings, *, work: bool, serve: bool, drain: bool, opener: str = OPENER) -> None:
    """Run Kuotu until it gets SIGINT or SIGTERM, or with `drain` until nothing waits in the queue.

    A worker then takes no new job and ends after the one in hand, or at the second signal. `opener` is that of
    `running`. Raises CannotRun if a task keeps failing.
    """
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    starting = running(settings, work=work, serve=serve, drain=drain, opener=opener)
    async with starting as kuotu, AsyncExitStack() as stack:
        kuotu.supervisor.start("watchdog", watch_event_loop, stack)
        print(f"\n  扩图 Kuotu is ready: {kuotu.address}\n  Ctrl-C stops it.\n", flush=True)
        broken = kuotu.supervisor.broken
        broken.add_done_callback(lambda _: stop.set())
        await _first(stop.wait(), *([kuotu.drained()] if drain else []))
        if not serve and not broken.done():
            stop.clear()
            print("  No new job is taken. Ctrl-C again stops without waiting for the job in hand.", flush=True)
            await _first(stop.wait(), kuotu.finish())
        if broken.done():
            raise CannotRun(f"{broken.result()}; the log says more")


async def _first(*waits: Coroutine[None, None, object]) -> None:
    """Return when one of these has returned, and cancel the others."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
