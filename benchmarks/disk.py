"""Measure what an evening of 39 expansions leaves on disk, by kind of file.

`python -m benchmarks.disk`. Three people send six sample photos. Each photo is expanded, zoomed out, and expanded four
times at once; three more are left to chance; six results are published and looked at in the gallery and on the web.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from bot.bootstrap import running
from bot.cli.demo import panel, result
from bot.logs import configure_logs
from bot.playground import Message, Person
from bot.settings import Settings

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
PEOPLE = {1: ("chelsea", "coffee"), 2: ("life", "friends"), 3: ("astronaut", "wine")}
DICE = "sunset"
NAMED = (  # what the bot's blobs are, as the database says
    ("photos as sent", "SELECT blob FROM photos WHERE chat_id IS NOT NULL"),
    ("masters: one file", "SELECT blob FROM photos WHERE chat_id IS NULL"),
    ("masters: new pieces", "SELECT blob FROM pieces"),
    ("masters: sent photos", "SELECT blob FROM pieces WHERE position = 0"),
    ("small pictures", "SELECT thumb FROM photos"),
    ("pictures for chats", "SELECT preview FROM expansions WHERE preview IS NOT NULL"),
)


async def evening(url: str) -> None:
    """Play the evening."""
    for number, samples in PEOPLE.items():
        async with Person(url, number, name=f"P{number}", language="en") as person:
            for sample in samples:
                shown = await _then(person, await _sent(person, sample), "Expand", result)
                await _then(person, shown, "Zoom out more", result)
                await _then(person, shown, "Four", lambda m: {"1", "4"} <= set(m.labels))
                await _publish(person, shown)
            await _then(person, await _sent(person, DICE), "🎲", result)
            await person.say("/gallery")
            await person.wait_for(lambda m: "▶" in m.labels)
    async with httpx.AsyncClient(base_url=url) as browser:
        page = (await browser.get("/gallery")).text
        for address in {piece.split('"')[0] for piece in page.split('src="')[1:] if piece.startswith("/picture")}:
            (await browser.get(address)).raise_for_status()


async def _sent(person: Person, sample: str) -> Message:
    mark = person.now
    await person.send_photo(SAMPLES / f"{sample}.jpg")
    return await person.wait_for(panel, after=mark)


async def _then(person: Person, message: Message, label: str, wanted: Callable[[Message], object]) -> Message:
    await person.tap(message, label)
    return await person.wait_for(lambda m: m.id > message.id and m.from_bot and wanted(m))


async def _publish(person: Person, shown: Message) -> None:
    mark = person.now
    await person.tap(shown, "Publish")
    asked = await person.wait_for(lambda m: "Not now" in m.labels or "No title" in m.labels, after=mark)
    if "Not now" in asked.labels:
        await person.tap(asked, "Publish")
        asked = await person.wait_for(lambda m: "No title" in m.labels, after=mark)
    await person.tap(asked, "No title")


def report(folder: Path) -> None:
    """Print the bytes of every kind of file."""
    database = sqlite3.connect(folder / "kuotu.db")
    kinds: dict[str, str] = {}
    for kind, question in NAMED:
        kinds |= {key: kind for (key,) in database.execute(question)}
    done = database.execute("SELECT count(*) FROM expansions WHERE status = 'done'").fetchone()[0]
    sizes, count = Counter[str](), Counter[str]()
    for path in (one for one in folder.rglob("*") if one.is_file()):
        where = path.relative_to(folder)
        key = where.relative_to("blobs").as_posix() if where.parts[0] == "blobs" else ""
        if key:
            kind = kinds.get(key, "copies for pages")
        elif where.parts[0] == "playground":
            kind = f"playground: {where.parts[2] if len(where.parts) > 3 else 'database'}"
        else:
            kind = "database"
        sizes[kind] += path.stat().st_blocks * 512
        count[kind] += 1
    print(f"{done} expansions")
    for kind, size in sizes.most_common():
        print(f"  {kind:24} {size / 1e6:7.1f} MB in {count[kind]} files")
    print(f"  {'all':24} {sum(sizes.values()) / 1e6:7.1f} MB")


async def measure() -> None:
    """Play it in a temporary folder, and report."""
    configure_logs(Settings(log_level="warning"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        knobs: dict[str, Any] = {"data_dir": folder, "port": 0, "first_sheet": False, "quota": 99, "telegram_token": ""}
        settings = Settings(**knobs)
        async with running(settings) as kuotu:
            await evening(kuotu.address)
            report(folder)
        async with running(settings):
            print("after the next start:")
            report(folder)


def main() -> None:
    asyncio.run(measure())


if __name__ == "__main__":
    main()
