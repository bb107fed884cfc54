"""A program whose event loop is stuck ends with the stacks of its threads, so that its supervisor starts it again."""

from __future__ import annotations

import subprocess
import sys

STUCK = """
import asyncio, threading
from bot.watchdog import watch_event_loop

async def main():
    watching = asyncio.create_task(watch_event_loop(stuck=0.5))
    await asyncio.sleep(0)
    threading.Event().wait({wait})  # blocks the loop
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    print("alive")

asyncio.run(main())
"""


def test_a_stuck_event_loop_ends_the_program() -> None:
    ended = subprocess.run([sys.executable, "-c", STUCK.format(wait=60)], capture_output=True, text=True, timeout=300)
    assert ended.returncode == 1
    assert "threading.py" in ended.stderr
    assert "alive" not in ended.stdout


def test_a_watchdog_that_is_called_off_ends_nothing() -> None:
    ended = subprocess.run([sys.executable, "-c", STUCK.format(wait=0)], capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stdout.strip()) == (0, "alive")
