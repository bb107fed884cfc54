"""Many people talk at the same time, for minutes. Nobody waits for ever, and the program stops when it is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from tests.support.conversations import Conversation, talk_at_once
from tests.support.photos import small_photo
from tests.support.program import program_in


@dataclass(frozen=True)
class Outcome:
    """What a trial left."""

    conversations: list[Conversation]

    @property
    def wrong(self) -> list[str]:
        """Everything that should not be."""
        return [f"person {c.person}: {what}" for c in self.conversations for what in c.wrong]


async def survive(folder: Path, people: int, seconds: float) -> Outcome:
    """Let so many people talk at a time, for at least so long. Raises TimeoutError if the program does not stop."""
    conversations: list[Conversation] = []
    async with program_in(folder) as program:
        end = monotonic() + seconds
        while not conversations or monotonic() < end:
            newcomers = range(1000 + len(conversations), 1000 + len(conversations) + people)
            conversations += await talk_at_once(program.address, newcomers, small_photo(), people)
        await program.stop()
    return Outcome(conversations)
