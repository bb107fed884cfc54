"""People talk to two chat programs and two workers while these and PostgreSQL are killed again and again."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from tests.support.conversations import Conversation, beside, talk_at_once
from tests.support.forked import Forked
from tests.support.limits import HANG
from tests.support.photos import small_photo
from tests.support.playground import playground_behind
from tests.support.scaled import Site, let_pass, proxy
from tests.support.server import Server

SHORTEST, LONGEST = 0.2, 6.0  # seconds between two kills
AGAIN = 0.1  # of the updates are delivered to two programs
VICTIMS = ("worker 1", "chat 1", "worker 2", "chat 2", "postgresql")  # once each, then again
OPEN = {
    "updates left": "inbox WHERE handled_at IS NULL",
    "jobs left": "jobs WHERE settled_at IS NULL",
    "jobs of the engine left": "procrastinate_jobs",
    "expansions not done": "expansions WHERE status <> 'done'",
    "expansions not shown": "expansions WHERE delivered_at IS NULL",
}


@dataclass
class Outcome:
    """What a trial left."""

    kills: list[str] = field(default_factory=list)  # what was killed, one by one
    ended: list[str] = field(default_factory=list)  # programs that ended by themselves
    conversations: list[Conversation] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    done: int = 0

    @property
    def asked(self) -> int:
        """The expansions that were asked for."""
        return 2 * len(self.conversations)

    @property
    def wrong(self) -> list[str]:
        """Everything that should not be."""
        told = [f"person {c.person}: {what}" for c in self.conversations for what in c.wrong]
        told += [f"{count} {what}" for what, count in self.left.items() if count]
        told += [f"{name} ended by itself" for name in self.ended]
        return told + ([] if self.done == self.asked else [f"{self.asked} asked for, {self.done} done"])


@dataclass
class Cluster:
    """The programs of a site; `seats` are what a trial kills, each with what closes it."""

    site: Site
    server: Server
    dice: Random
    seats: dict[str, tuple[Forked, AsyncExitStack]] = field(default_factory=dict)

    async def fill(self, name: str) -> None:
        """Start the program of a seat: a chat or a worker, by its name."""
        stack = AsyncExitStack()
        program = self.site.chat() if name.startswith("chat") else self.site.worker(name)
        self.seats[name] = (await stack.enter_async_context(program), stack)

    async def kill(self, name: str) -> None:
        """Kill a program or PostgreSQL, and start another in its place."""
        if name == "postgresql":
            await self.server.crash()
            await self.server.start()
            return
        _, stack = self.seats.pop(name)
        await stack.aclose()
        await self.fill(name)

    def ended(self) -> list[str]:
        """Return the seats whose programs have ended without being killed."""
        return [name for name, (process, _) in self.seats.items() if process.returncode is not None]

    async def close(self) -> None:
        """Kill everything."""
        for _, stack in self.seats.values():
            await stack.aclose()


async def survive(
    folder: Path, server: Server, people: int, kills: int, away: float = 0.0, longest: float = LONGEST, seed: int = 1
) -> Outcome:
    """Let so many people talk at a time while programs are killed, and PostgreSQL is away for a while at the end."""
    outcome, dice = Outcome(), Random(seed)
    async with playground_behind(folder / "playground", let_pass) as telegram, proxy(dice, AGAIN) as between:
        cluster = Cluster(Site(folder, server.url, telegram, between), server, dice)
        try:
            await asyncio.gather(*(cluster.fill(name) for name in ("chat 1", "chat 2", "worker 1", "worker 2")))
            disturbing = asyncio.create_task(_disturb(cluster, outcome, kills, away, longest))
            async with beside(disturbing):
                while not (outcome.conversations and disturbing.done()):
                    first = 1000 + len(outcome.conversations)
                    newcomers = range(first, first + people)
                    outcome.conversations += await talk_at_once(telegram, newcomers, small_photo(), people, HANG)
                await disturbing
            await _settled(server, outcome)
            outcome.ended += cluster.ended()
        finally:
            await cluster.close()
    return outcome


async def _disturb(cluster: Cluster, outcome: Outcome, kills: int, away: float, longest: float) -> None:
    victims: list[str] = []
    for _ in range(kills):
        await asyncio.sleep(cluster.dice.uniform(SHORTEST, longest))
        victims = victims or cluster.dice.sample(VICTIMS, len(VICTIMS))
        name = victims.pop()
        outcome.ended += cluster.ended()
        await cluster.kill(name)
        outcome.kills.append(name)
    if away:
        await cluster.server.crash()
        await asyncio.sleep(away)
        outcome.ended += cluster.ended()
        await cluster.server.start()


async def _settled(server: Server, outcome: Outcome) -> None:
    """Wait until nothing is open any more, and count what was done. What stays open for too long is left."""
    engine = await open_database(server.url)
    try:
        with suppress(TimeoutError):  # the outcome says what is left
            async with asyncio.timeout(HANG / 2):
                while True:
                    outcome.left = {what: await _count(engine, rows) for what, rows in OPEN.items()}
                    if not any(outcome.left.values()):
                        break
                    await asyncio.sleep(0.1)  # other processes write the tables, so there is no event to wait for
    finally:
        outcome.done = await _count(engine, "expansions WHERE status = 'done'")
        await engine.dispose()


async def _count(engine: AsyncEngine, rows: str) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text(f"SELECT count(*) FROM {rows}")) or 0)
