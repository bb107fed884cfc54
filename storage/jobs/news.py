"""Notifies programs of changes to jobs: bells inside a program, LISTEN and NOTIFY between those on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from secrets import token_hex

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.jobs.bell import Bell

CHANNEL = "kuotu_jobs"
SOON = 0.1  # seconds until watchers hear of progress, which may wait for what is due now
LOOK = 2.0  # seconds between looks without news: notifications can be lost, and SQLite has none
LISTENING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :role"
QUIET = " quietly"
CHAT, WORKER = "kuotu chat", "kuotu worker"  # how a listening program is called in PostgreSQL's list of connections
AGAIN = 1.0  # seconds until a lost connection is opened again

log = logging.getLogger(__name__)


class Bells:
    """The two bells of one kind of job: for workers (jobs to take or stop), and for watchers (all changes)."""

    def __init__(self, announcement: str, shared: bool, look: float) -> None:
        self._announcement, self._shared, self._look = announcement, shared, look
        self._work, self._all = Bell(), Bell()
        self._soon: asyncio.TimerHandle | None = None

    async def announce(self, session: AsyncSession, *, quietly: bool = False) -> None:
        """Notify other programs when this transaction commits, or with `quietly` their watchers alone.

        The caller also rings its own program's bells.
        """
        if self._shared:
            news = f"{self._announcement}{QUIET if quietly else ''}"
            await session.execute(select(func.pg_notify(CHANNEL, news)))

    def ring(self) -> None:
        """Ring both bells."""
        self._work.ring()
        self._all.ring()

    def call_workers(self) -> None:
        """Ring the bell of workers, and that of watchers soon."""
        self._work.ring()
        self.tell_watchers()

    def tell_watchers(self) -> None:
        """Ring the bell of watchers soon, because nobody notices when progress is shown a moment later."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(SOON, self._ring_late)

    def _ring_late(self) -> None:
        self._soon = None
        self._all.ring()

    def listen(self) -> None:
        """Forget earlier news for a worker."""
        self._work.listen()

    def mark(self) -> object:
        """Return an object that is another one after all news for workers."""
        return self._work.mark()

    def keep_watching(self) -> None:
        """Start listening for a watcher, unless it listens already."""
        self._all.keep_listening()

    async def wait(self, seconds: float | None) -> None:
        """Wait for news for workers, at most the given seconds and the time between two looks."""
        await self._work.wait(self._look if seconds is None else min(self._look, seconds))

    async def watch(self, seconds: float | None) -> None:
        """Wait for any news, at most the given seconds and the time between two looks."""
        await self._all.wait(self._look if seconds is None else min(self._look, seconds))


class News:
    """The bells of every kind of job. All queues of a program on one database share it."""

    def __init__(self, engine: AsyncEngine, look: float = LOOK, role: str = WORKER) -> None:
        self._engine, self._look, self._role = engine, look, role
        self._me = token_hex(4)
        self._bells: dict[str, Bells] = {}
        self._shared = engine.dialect.name == "postgresql"

    def of(self, name: str) -> Bells:
        """Return the bells of a kind of job, given its first name."""
        return self._bells.setdefault(name, Bells(f"{self._me} {name}", self._shared, self._look))

    async def listen(self) -> None:
        """Ring for the announcements of other programs until cancelled. On SQLite it returns at once."""
        while self._shared:
            try:
                await self._hear()
            except OSError as error:
                log.warning("lost the connection that brings news of jobs: %s", error)
            await asyncio.sleep(AGAIN)

    async def fellows(self) -> int:
        """Return how many programs of this role live: those that listen. On SQLite there is this one alone.

        A program that is killed is gone from the list at once, because its connection ends with it.
        """
        if not self._shared:
            return 1
        async with self._engine.connect() as connection:
            return max(1, await connection.scalar(text(LISTENING), {"role": self._role}) or 0)

    async def _hear(self) -> None:
        """Listen on a separate connection until it is lost. Raises OSError."""
        import psycopg

        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        options = {**options, "autocommit": True, "application_name": self._role}
        try:
            async with await psycopg.AsyncConnection.connect(*arguments, **options) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                for bells in self._bells.values():  # announcements may have been missed before LISTEN
                    bells.ring()
                async for notice in connection.notifies():
                    self._pass_on(notice.payload)
        except psycopg.Error as error:
            raise ConnectionError(str(error).strip().partition("\n")[0]) from error

    def _pass_on(self, announcement: str) -> None:
        sender, name, *quiet = announcement.split()
        if sender != self._me and name in self._bells:
            if quiet:
                self._bells[name].tell_watchers()
            else:
                self._bells[name].ring()
