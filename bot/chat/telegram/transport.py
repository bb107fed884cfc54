"""HTTP to the Bot API, in which no call takes for ever."""

from __future__ import annotations

import asyncio
from typing import Any

from telegram.error import TimedOut
from telegram.request import HTTPXRequest

PATIENCE = 30.0  # seconds: a call that is given up may have been done, so waiting on a busy machine is better
UPLOAD = 120.0  # seconds that an upload may take
WHOLE = UPLOAD + PATIENCE  # seconds of a call, whatever it does
AT_ONCE = 256  # connections


class Transport(HTTPXRequest):
    """The library's HTTP client, with a limit on the whole of a call.

    Its own limits are on the time between two pieces. An answer that comes byte by byte would hold the call, and the
    place of the person whom it is for, without end.
    """

    __slots__ = ("_whole",)

    def __init__(self, connections: int = AT_ONCE, whole: float = WHOLE) -> None:
        super().__init__(
            connections,
            read_timeout=PATIENCE,
            write_timeout=PATIENCE,
            connect_timeout=PATIENCE,
            pool_timeout=PATIENCE,
            media_write_timeout=UPLOAD,
        )
        self._whole = whole

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make a call. Raises TimedOut, after which nobody knows whether it was done."""
        try:
            async with asyncio.timeout(self._whole):
                return await super().do_request(*args, **kwargs)
        except TimeoutError:
            raise TimedOut(f"the call took longer than {self._whole:g} s") from None
