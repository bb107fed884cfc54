"""SQLite connections for the asynchronous driver that cost one visit to their thread for each statement.

aiosqlite runs every call of a connection in the connection's own thread. SQLAlchemy makes four calls for one query
(cursor, execute, fetchall, close), one before it to begin a transaction and two after it to leave that, and each wakes
the thread and then the event loop. Here the query is one call: the cursor executes, fetches and closes in it, and the
transaction begins with its first statement. Leaving a transaction that only reads is a call that nobody waits for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

# The rows of one gallery page are scattered over the file. With a memory-mapped file and a cache of 16 MB for each
# connection (SQLite's default is 2 MB), a page takes as long with a million posts as with 10,000. Without these
# settings it takes a third longer. The write-ahead log is written back after 250 pages instead of 1,000, which keeps it
# at 1 MB instead of 4; a transaction takes as long (1.3 ms).
SETTINGS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA busy_timeout = 30000;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = 250;
PRAGMA cache_size = -16000;
PRAGMA mmap_size = 2000000000;
"""
CHUNK = 500  # rows that are read with the statement; most queries have fewer


def connect(database: str, **options: Any) -> Connection:
    """Return a connection that opens the database when it is awaited. `options` are those of `sqlite3.connect`."""
    return Connection(partial(_open, database, **options), iter_chunk_size=CHUNK)


def _open(database: str, **options: Any) -> sqlite3.Connection:
    connection = sqlite3.connect(database, factory=_Closing, **options)
    try:
        connection.executescript(SETTINGS)
    except BaseException:
        connection.close()
        raise
    return connection


class Connection(aiosqlite.Connection):
    """A connection whose cursors execute, fetch and close in one call."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._thread.daemon = True  # a connection that nobody closed does not keep the process alive
        self._beginning: str | None = None  # is sent with the next statement
        self._writes = False
        self._used = False  # something was sent since the last transaction ended

    def begin(self, *, writing: bool) -> None:
        """Begin a transaction with the next statement. If it writes, that statement waits for the lock of the writers.

        A transaction that begins to write after it has read fails at once instead of waiting.
        """
        self._beginning, self._writes = "BEGIN IMMEDIATE" if writing else "BEGIN", writing

    async def commit(self) -> None:
        """Commit the transaction, if anything was sent in it."""
        self._beginning = None
        if self._used:
            await super().commit()
            self._used = False

    async def rollback(self) -> None:
        """Leave the transaction, if anything was sent in it. Nobody waits for the end of one that only reads."""
        self._beginning = None
        if not self._used:
            return
        if self._writes:
            await super().rollback()
        else:
            self._tx.put_nowait((None, self._conn.rollback))
        self._used = False

    async def close(self) -> None:
        """Close the connection after what was sent."""
        self._beginning = None
        await super().close()

    def cursor(self, _cursor_class: object = None) -> Cursor:  # type: ignore[override]  # no call to the thread
        """Return a cursor."""
        return Cursor(self)

    async def run(self, act: Callable[[sqlite3.Connection], None]) -> None:
        """Call a function with the connection of the standard library, in this connection's thread."""
        await self._execute(act, self._conn)

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        beginning, self._beginning, self._used = self._beginning, None, True
        if beginning is not None:
            fn = partial(_in_transaction, self._conn, beginning, fn)
        try:
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        except sqlite3.Error:
            if not self.in_transaction:  # the beginning has failed, and no later statement may do without
                self._beginning = beginning
            raise


def _in_transaction(raw: sqlite3.Connection, beginning: str, act: Callable[..., Any], *arguments: Any) -> Any:
    if raw.in_transaction:  # the last rollback failed, and nobody noticed because nobody waited for it
        raw.rollback()
    raw.execute(beginning)
    return act(*arguments)


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
