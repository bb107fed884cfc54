"""Ends a program whose event loop is stuck, so that systemd or the container runtime starts it again."""

from __future__ import annotations

import asyncio
import faulthandler

STUCK = 120.0  # seconds without a turn of the event loop


async def watch_event_loop(stuck: float = STUCK) -> None:
    """Rearm a timer of the interpreter four times per period, until cancelled.

    If the loop does not get to it in time, faulthandler prints the stack of every thread to stderr and ends the process
    with status 1. It needs neither the loop nor the interpreter's lock for that.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(stuck, exit=True)
            await asyncio.sleep(stuck / 4)
    finally:
        faulthandler.cancel_dump_traceback_later()
