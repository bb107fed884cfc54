"""Knows whether the database has answered for a while: after an outage, a lease that has run out tells nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from math import inf

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

LONG = 4.0  # seconds after an outage in which living workers renew their leases, which they try every second
Write = Callable[[], AbstractAsyncContextManager[AsyncSession]]


class Calm:
    """The outages that one program has met in its transactions. `write` makes them."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._broken_at = -inf

    def __bool__(self) -> bool:
        return time.monotonic() - self._broken_at > LONG

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Make a transaction, and note an outage that ends it."""
        try:
            async with self._write() as session:
                yield session
        except (OperationalError, InterfaceError, OSError):
            self._broken_at = time.monotonic()
            raise
