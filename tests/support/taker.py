"""A worker for tests to kill: `python taker.py DATABASE_URL` takes an expansion, prints its id and hangs."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from storage.database import open_database
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.expansions import EXPANSIONS


async def main() -> None:
    queue = EmbeddedQueue(await open_database(sys.argv[1]), EXPANSIONS, lease=timedelta(seconds=1))
    taken = await queue.take("doomed")
    sys.stdout.write(f"{taken and taken.subject}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


asyncio.run(main())
