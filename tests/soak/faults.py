"""People talk to a program whose Bot API fails a share of all calls, in every way that it can."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bot.playground.playground import DEFAULT_TOKEN
from tests.support.bad_day import Fault, bad_day
from tests.support.bot import kuotu_in
from tests.support.conversations import Conversation, talk_at_once
from tests.support.photos import small_photo


@dataclass(frozen=True)
class Outcome:
    """What a trial left. `faults` counts the calls that were failed, by method and way."""

    conversations: list[Conversation]
    faults: Counter[tuple[str, Fault]]
    broken: bool

    @property
    def wrong(self) -> list[str]:
        """Everything that should not be."""
        told = [f"person {c.person}: {what}" for c in self.conversations for what in c.wrong]
        return told + (["the program ended"] if self.broken else [])


async def survive(folder: Path, people: int, rate: float = 0.1, seed: int = 1, at_once: int = 6) -> Outcome:
    """Let people talk while calls fail."""
    async with bad_day(folder / "playground") as day:
        knobs = {"telegram_token": DEFAULT_TOKEN, "telegram_api": day.address, "quota": 1000}
        async with kuotu_in(folder / "data", **knobs) as kuotu:
            day.random, day.rate = Random(seed), rate
            conversations = await talk_at_once(day.address, range(1000, 1000 + people), small_photo(), at_once)
            day.rate = 0.0
            return Outcome(conversations, Counter(day.seen), kuotu.supervisor.broken.done())
