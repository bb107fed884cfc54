"""People talk to a program that is killed again and again, and stopped as by an administrator now and then."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from tests.support.conversations import Conversation, beside, talk_at_once
from tests.support.databases import sqlite_in
from tests.support.photos import small_photo
from tests.support.program import Program, program_in
from tests.support.traces import everything_is_shown, inbox_is_empty, stray_blobs

SHORTEST, LONGEST = 0.2, 12.0  # seconds between a start and the next kill
POLITE = 5  # every so many ends is a SIGTERM


@dataclass(frozen=True)
class Outcome:
    """What a trial left."""

    kills: int
    conversations: list[Conversation]
    votes: int
    undelivered: int
    unfinished_updates: int
    stray_blobs: int

    @property
    def wrong(self) -> list[str]:
        """Everything that should not be."""
        told = [f"person {c.person}: {what}" for c in self.conversations for what in c.wrong]
        counts = {"expansions not shown": self.undelivered, "updates left": self.unfinished_updates}
        told += [f"{count} {what}" for what, count in counts.items() if count]
        missing = len(self.conversations) - self.votes
        return told + ([f"{missing} votes lost or counted twice"] if missing else [])


async def survive(
    folder: Path, people: int, kills: int, longest: float = LONGEST, seed: int = 1, at_once: int = 6
) -> Outcome:
    """Let people talk while the program is killed, then see what is left."""
    random, photo = Random(seed), small_photo()
    async with program_in(folder) as program:
        killing = asyncio.create_task(_keep_killing(program, kills, longest, random))
        async with beside(killing):
            conversations = await talk_at_once(program.address, range(1000, 1000 + people), photo, at_once)
            await killing
        database = await open_database(sqlite_in(folder / "data"))
        try:
            await inbox_is_empty(database)
            with suppress(TimeoutError):  # what is left then is counted
                await everything_is_shown(database)
            return await _outcome(database, folder / "data", kills, conversations)
        finally:
            await database.dispose()


async def _keep_killing(program: Program, kills: int, longest: float, random: Random) -> None:
    for number in range(1, kills + 1):
        await asyncio.sleep(random.uniform(SHORTEST, longest))
        await (program.stop() if number % POLITE == 0 else program.kill())
        await program.start()


async def _outcome(database: AsyncEngine, data: Path, kills: int, conversations: list[Conversation]) -> Outcome:
    async def count(what: str) -> int:
        async with database.connect() as connection:
            return int(await connection.scalar(text(f"SELECT count(*) FROM {what}")) or 0)

    return Outcome(
        kills,
        conversations,
        votes=await count("reactions"),
        undelivered=await count("expansions WHERE delivered_at IS NULL"),
        unfinished_updates=await count("inbox WHERE handled_at IS NULL"),
        stray_blobs=len(await stray_blobs(database, data)),
    )
