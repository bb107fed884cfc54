"""How the programs on one database hear of one another's jobs: bells here, LISTEN and NOTIFY on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from secrets import token_hex

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.jobs.bell import Bell

CHANNEL = "kuotu_jobs"
LOOK = 2.0  # seconds after which whoever waits looks by itself: news can be lost, and SQLite brings none
QUIET = " quietly"
AGAIN = 1.0  # seconds until a lost connection is tried again

log = logging.getLogger(__name__)


class Bells:
    """The two bells of one kind of job: workers hear of what they may take or must leave, watchers of everything."""

    def __init__(self, announcement: str, shared: bool) -> None:
        self._announcement, self._shared = announcement, shared
        self._work, self._all = Bell(), Bell()

    async def announce(self, session: AsyncSession, *, quietly: bool = False) -> None:
        """Have them rung in other programs when this transaction commits; whoever commits rings here."""
        if self._shared:
            text = f"{self._announcement}{QUIET if quietly else ''}"
            await session.execute(select(func.pg_notify(CHANNEL, text)))

    def ring(self, *, quietly: bool = False) -> None:
        """Ring both; quietly: for watchers alone."""
        if not quietly:
            self._work.ring()
        self._all.ring()

    def listen(self) -> None:
        self._work.listen()

    def keep_watching(self) -> None:
        self._all.keep_listening()

    async def wait(self, seconds: float | None) -> None:
        await self._work.wait(LOOK if seconds is None else min(LOOK, seconds))

    async def watch(self, seconds: float | None) -> None:
        await self._all.wait(LOOK if seconds is None else min(LOOK, seconds))


class News:
    """The bells of every kind of job; all of a program's queues on a database share it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._me = token_hex(4)
        self._bells: dict[str, Bells] = {}
        self._shared = engine.dialect.name == "postgresql"

    def of(self, name: str) -> Bells:
        """The bells of a kind of job, by its first name."""
        return self._bells.setdefault(name, Bells(f"{self._me} {name}", self._shared))

    async def listen(self) -> None:
        """Ring for what others announce, until cancelled; a lost connection is opened again. No news on SQLite."""
        while self._shared:
            try:
                await self._hear()
            except OSError as error:
                log.warning("no news of jobs for a while: %s", error)
            await asyncio.sleep(AGAIN)

    async def _hear(self) -> None:
        """Listen on a connection of its own until that is lost. Raises OSError."""
        import psycopg

        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        try:
            async with await psycopg.AsyncConnection.connect(*arguments, autocommit=True, **options) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                for bells in self._bells.values():  # whatever came while nobody listened
                    bells.ring()
                async for notice in connection.notifies():
                    self._pass_on(notice.payload)
        except psycopg.Error as error:
            raise ConnectionError(str(error).strip().partition("\n")[0]) from error

    def _pass_on(self, announcement: str) -> None:
        sender, name, *quiet = announcement.split()
        if sender != self._me and name in self._bells:
            self._bells[name].ring(quietly=bool(quiet))
