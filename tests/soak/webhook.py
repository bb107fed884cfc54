"""Many people send albums and tap quickly, while several chat programs receive their updates behind one webhook."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.playground import Message, Person
from tests.support.messages import is_panel, subject_of
from tests.support.photos import small_photo
from tests.support.playground import playground_behind
from tests.support.scaled import Site, proxy

AGAIN = 0.2  # of the updates are delivered to two programs
ROUNDS = 2  # each is a tap, a question and a tap
STYLES = {"faithful": "🌿 Faithful", "playful": "🎈 Playful", "wild": "🌀 Wild"}
SIDES = {"left": "⬅️", "right": "➡️", "up": "⬆️", "down": "⬇️"}


@dataclass
class Outcome:
    """What a trial left."""

    people: int
    wrong: list[str] = field(default_factory=list)

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note answers to taps that were answered before, which Telegram refuses."""
        response = await handler(request)
        if request.match_info.get("method", "").lower() == "answercallbackquery" and response.status != 200:
            self.wrong.append("a tap was answered twice")
        return response


async def survive(folder: Path, database: str, people: int, programs: int = 2, seed: int = 1) -> Outcome:
    """Let people talk at the same time, and see what each of them saw."""
    dice, outcome = Random(seed), Outcome(people)
    async with (
        playground_behind(folder / "playground", outcome.watch) as telegram,
        proxy(dice, AGAIN) as between,
        AsyncExitStack() as stack,
    ):
        site = Site(folder, database, telegram, between)
        await site.start_chats(programs, stack)
        numbers = range(1000, 1000 + people)
        told = await asyncio.gather(*(_talk(telegram, number, Random(f"{seed}:{number}")) for number in numbers))
        outcome.wrong += [what for one in told for what in one]
    return outcome


async def _talk(address: str, number: int, dice: Random) -> list[str]:
    """Send an album, tap without waiting for anything, and ask for help meanwhile."""
    async with Person(address, number, name=f"P{number}", language="en") as person:
        await person.send_album([small_photo(longest=64)] * 3)
        panel = await person.wait_for(is_panel)
        subject = subject_of(panel, "go")
        taps: list[str] = []
        for _ in range(ROUNDS):
            style, side = dice.choice(list(STYLES)), dice.choice(list(SIDES))
            taps.append(await person.press_data(panel, f"st|{subject}|{style}"))
            await person.say("/help")
            taps.append(await person.press_data(panel, f"di|{subject}|{side}"))
        for tap in taps:
            await person.answer_to(tap)
        await person.say("/privacy")
        await person.wait_for(lambda m: "What I keep" in m.text)
        return [f"person {number}: {what}" for what in _faults(person.messages, STYLES[style], SIDES[side])]


def _faults(messages: list[Message], style: str, side: str) -> list[str]:
    """Name everything that should not be. Updates are handled in their order, so all came before the last answer."""
    panels = [message for message in messages if is_panel(message)]
    helps = ["How it works" in message.text for message in messages].count(True)
    faults = [] if len(panels) == 1 else [f"{len(panels)} panels for one album"]
    faults += [] if helps == ROUNDS else [f"{helps} answers to {ROUNDS} questions"]
    shown = {label for panel in panels for label in panel.labels if label.startswith("✓")}
    return faults + ([] if {f"✓ {style}", f"✓ {side}"} <= shown else [f"the panel shows {sorted(shown)}"])
