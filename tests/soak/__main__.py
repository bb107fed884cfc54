"""Run a trial whole and print what it left.

`python -m tests.soak kills 60 45`, `faults 500`, `crowd 50 180`, `webhook 50` or `cluster 4 200 45`.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.soak import cluster, crowd, faults, kills, webhook
from tests.support.conversations import Conversation
from tests.support.server import server


async def main(trial: str, *numbers: int) -> int:
    """Run one trial in a temporary folder. Returns 1 if anything is wrong."""
    with TemporaryDirectory(prefix="kuotu-soak-") as folder:
        said, talks, wrong = await TRIALS[trial](Path(folder), *numbers)
    print(said)
    print(f"{len(talks)} conversations, {len(wrong)} faults, {sum(t.strays for t in talks)} messages that stand twice")
    print(*wrong, sep="\n")
    return bool(wrong)


Left = tuple[str, list[Conversation], list[str]]  # what happened, the conversations, and what is wrong


async def kills_of_a_program(folder: Path, people: int, times: int) -> Left:
    """Kill one program again and again."""
    survived = await kills.survive(folder, people, times)
    said = f"{survived.kills} kills, {survived.votes} votes, {survived.stray_blobs} stray blobs"
    return said, survived.conversations, survived.wrong


async def a_crowd(folder: Path, people: int, seconds: int) -> Left:
    """Let many people talk at a time."""
    crowded = await crowd.survive(folder, people, seconds)
    return "nobody was disturbed", crowded.conversations, crowded.wrong


async def faults_of_calls(folder: Path, people: int) -> Left:
    """Fail calls of the Bot API."""
    outcome = await faults.survive(folder, people)
    said = f"{outcome.faults.total()} calls failed: {dict(Counter(f for _, f in outcome.faults.elements()))}"
    return said, outcome.conversations, outcome.wrong


async def programs_behind_a_webhook(folder: Path, people: int) -> Left:
    """Let many people send albums and tap quickly."""
    async with server() as postgresql:
        outcome = await webhook.survive(folder, postgresql.url, people)
    return f"{outcome.people} people with albums and quick taps", [], outcome.wrong


async def a_cluster(folder: Path, people: int, times: int, away: int) -> Left:
    """Kill everything in a cluster, and take PostgreSQL away."""
    async with server() as postgresql:
        outcome = await cluster.survive(folder, postgresql, people, times, away)
    said = f"{dict(Counter(outcome.kills))} killed; {outcome.asked} expansions asked for, {outcome.done} done"
    return said, outcome.conversations, outcome.wrong


TRIALS: dict[str, Callable[..., Awaitable[Left]]] = {
    "kills": kills_of_a_program,
    "faults": faults_of_calls,
    "crowd": a_crowd,
    "webhook": programs_behind_a_webhook,
    "cluster": a_cluster,
}


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:]))))
