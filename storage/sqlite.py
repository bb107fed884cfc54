"""SQLite connections for the asynchronous driver that cost one visit to their thread for each statement.

aiosqlite runs every call of a connection in the connection's own thread. SQLAlchemy makes four calls for one query
(cursor, execute, fetchall, close), and each wakes the thread and then the event loop. The cursors below do all of it
in one call.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

CHUNK = 500  # rows that are read with the statement; most queries have fewer


def connect(database: str, **options: Any) -> Connection:
    """Return a connection that opens the database when it is awaited. `options` are those of `sqlite3.connect`."""
    opener = partial(sqlite3.connect, database, factory=_Closing, **options)
    return Connection(opener, iter_chunk_size=CHUNK)


class Connection(aiosqlite.Connection):
    """A connection whose cursors execute, fetch and close in one call."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._thread.daemon = True  # a connection that nobody closed does not keep the process alive

    def cursor(self, _cursor_class: object = None) -> Cursor:  # type: ignore[override]  # no call to the thread
        """Return a cursor."""
        return Cursor(self)

    async def run(self, act: Callable[[sqlite3.Connection], None]) -> None:
        """Call a function with the connection of the standard library, in this connection's thread."""
        await self._execute(act, self._conn)  # type: ignore[no-untyped-call]


class Cursor:
    """What SQLAlchemy uses of a cursor. The first rows come with the statement, and a short answer needs no more."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self._open: sqlite3.Cursor | None = None  # has more rows
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = CHUNK

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Execute a statement and read its first rows."""
        await self._connection.run(lambda raw: self._begin(raw.execute(statement, parameters)))

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each set of parameters."""
        await self._connection.run(lambda raw: self._begin(raw.executemany(statement, parameters)))

    async def fetchall(self) -> list[Any]:
        """Return the rows that were not returned yet."""
        while self._open is not None:
            await self._connection.run(self._read)
        rows, self._rows = self._rows, []
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows. Only so many are in memory at a time."""
        size = size or self.arraysize
        while self._open is not None and len(self._rows) < size:
            await self._connection.run(self._read)
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        """Give up the rows that were not read."""
        if self._open is not None:
            await self._connection.run(self._end)

    def _begin(self, cursor: sqlite3.Cursor) -> None:
        self.description, self._open = cursor.description, cursor
        self._read()
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid

    def _read(self, _raw: object = None) -> None:
        """Read more rows. At the end, close the cursor, which would hold a lock while a traceback refers to it."""
        assert self._open is not None
        try:
            rows = self._open.fetchmany(CHUNK) if self.description else []
        except BaseException:
            self._end()
            raise
        self._rows += rows
        if len(rows) < CHUNK:
            self._end()

    def _end(self, _raw: object = None) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class _Closing(sqlite3.Connection):
    """A connection that leaves its transaction before it is closed.

    SQLite keeps a closed connection, with its locks, until the last of its statements is gone. If a task is cancelled
    in a transaction, a cursor may live on in a traceback until the next garbage collection, and nobody could write.
    """

    def close(self) -> None:
        try:
            if self.in_transaction:
                self.rollback()
        finally:
            super().close()
