"""The event stream that tells every open page what happened. A page can resume it after a disconnect."""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator

from bot.playground.world import Event, dumps

KEPT = 2000  # events kept for pages that reconnect
PING = 15.0  # seconds between keep-alive comments on an idle connection


class Stream:
    """Numbered events: `<start>-<number>`, where the first part identifies this run of the program.

    A page that missed more than KEPT events, or whose cursor is from an earlier run, is told to reload everything.
    """

    def __init__(self) -> None:
        self._start = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, Event]] = deque(maxlen=KEPT)
        self._news: set[asyncio.Event] = set()
        self._closed = False

    @property
    def cursor(self) -> str:
        """The id of the newest event."""
        return f"{self._start}-{self._number}"

    def publish(self, events: list[Event]) -> None:
        """Number these events and send them to every follower."""
        for event in events:
            self._number += 1
            self._kept.append((self._number, event))
        if events:
            self._tell()

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self._tell()

    def _tell(self) -> None:
        for news in self._news:
            news.set()

    async def follow(self, cursor: str) -> AsyncIterator[bytes]:
        """Yield the lines of the stream after a cursor until the stream is closed."""
        news = asyncio.Event()
        self._news.add(news)
        try:
            last = self._number_of(cursor)
            if last is None:
                last = self._number
                yield f"id: {self.cursor}\nevent: reset\ndata: {{}}\n\n".encode()
            else:
                yield b": here\n\n"
            while not self._closed:
                news.clear()
                for number, event in [kept for kept in self._kept if kept[0] > last]:
                    last = number
                    yield f"id: {self._start}-{number}\nevent: {event.kind}\ndata: {dumps(event.data)}\n\n".encode()
                if not await _within(news, PING):
                    yield b": ping\n\n"
        finally:
            self._news.discard(news)

    def _number_of(self, cursor: str) -> int | None:
        start, _, number = cursor.partition("-")
        if start != self._start or not number.isdigit() or int(number) > self._number:
            return None
        oldest = self._kept[0][0] if self._kept else self._number + 1
        return int(number) if int(number) >= oldest - 1 else None


async def _within(news: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return False
    return True
