"""Conversations that go on through any disturbance, and what became of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.playground import Person
from tests.support.messages import is_panel, is_result, is_status, subject_of

PATIENCE = 90.0  # seconds for each answer of the bot, in which it may be killed and started again


@dataclass
class Conversation:
    """A photo, an expansion of it, a vote, and a second expansion; `wrong` names what did not come.

    Updates are handled in their order, so the vote was counted when the second expansion is there.
    """

    person: int
    patience: float = PATIENCE
    wrong: list[str] = field(default_factory=list)
    strays: int = 0  # status messages and panels that were sent twice, and not tapped yet

    async def talk(self, address: str, photo: bytes) -> None:
        """Have the conversation. Nothing that goes wrong in it is raised."""
        async with Person(address, self.person, name=f"P{self.person}", language="en") as person:
            try:
                await self._steps(person, photo)
            except TimeoutError as late:
                self.wrong.append(str(late) or "no answer")
            self._count(person)

    async def _steps(self, person: Person, photo: bytes) -> None:
        await person.send_document(photo)
        panel = await person.wait_for(is_panel, self.patience)
        await person.press(panel, "Expand")
        result = await person.wait_for(is_result, self.patience)
        await person.press_data(result, f"fe|{subject_of(result, 'tl')}|🤣")
        await person.press(result, "Again")
        await person.wait_for(lambda m: is_result(m) and m.id != result.id, self.patience)

    def _count(self, person: Person) -> None:
        results = Counter(subject_of(m, "re") for m in person.messages if is_result(m))
        panels = Counter(subject_of(m, "go") for m in person.messages if is_panel(m))
        self.wrong += [f"result {number} shown {times} times" for number, times in results.items() if times > 1]
        self.strays = sum(is_status(m) for m in person.messages) + sum(times - 1 for times in panels.values())


async def talk_at_once(
    address: str, people: range, photo: bytes, at_once: int, patience: float = PATIENCE
) -> list[Conversation]:
    """Have a conversation with each person, so many at a time."""
    places = asyncio.Semaphore(at_once)

    async def one(number: int) -> Conversation:
        async with places:
            conversation = Conversation(number, patience)
            await conversation.talk(address, photo)
            return conversation

    return await asyncio.gather(*(one(number) for number in people))


@asynccontextmanager
async def beside(work: asyncio.Task[None]) -> AsyncIterator[None]:
    """Keep a task running until the block ends."""
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
