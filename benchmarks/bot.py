"""Measure the bot's overhead per expansion, and its updates per second beside a bare python-telegram-bot application.

`python -m benchmarks.bot`. The playground is Telegram and runs in a process of its own; bots and people share this one.
The overhead is the time from the tap to the result in the chat, minus the time in the engine process, which includes
decoding and encoding. The updates are taps answered with a toast, because a bot may send at most 30 messages per
second. Kuotu stores each update on disk, answers in the person's language, and queries the database; the bare
application answers with the button's data. All taps wait when a bot starts. Its rate is measured from the first answer
to the last.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from io import BytesIO
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TypeAlias

from PIL import Image
from prometheus_client import REGISTRY
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from bot.bootstrap import running
from bot.chat.buttons.result import Cancel
from bot.logs import configure_logs
from bot.playground import Message, Person
from bot.settings import Settings

SAMPLE = Path(__file__).parents[1] / "bot" / "playground" / "samples" / "picos.jpg"
EXPANSIONS = 6
ROUNDS = 2  # the bots alternate, and the fastest round counts
PEOPLE, TAPS = 10, 15  # taps per person
Start: TypeAlias = Callable[[], AbstractAsyncContextManager[object]]


async def compare() -> None:
    """Print the updates per second of Kuotu and of the bare application."""
    configure_logs(Settings(log_level="warning"))
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, token = await stack.enter_async_context(telegram(folder / "playground"))
        people = [await stack.enter_async_context(Person(url, number)) for number in range(1, PEOPLE + 1)]
        knobs: dict[str, Any] = {
            "telegram_token": token,
            "telegram_api": url,
            "port": 0,
            "workers": 1,
            "engine": "patchmatch",
        }
        knobs |= {"first_sheet": False}
        kuotu = Settings(data_dir=folder / "kuotu", **knobs)
        starts: dict[str, Start] = {
            "bare, one at a time": lambda: echoing(url, token, at_once=False),
            "bare, all at once": lambda: echoing(url, token, at_once=True),
            "Kuotu": lambda: running(kuotu),
        }
        rounds = [{name: await rate(url, token, people, starts[name]) for name in starts} for _ in range(ROUNDS)]
        print(f"{PEOPLE * TAPS} taps of {PEOPLE} people:")
        for name in starts:
            print(f"  {name:20} {max(rates[name] for rates in rounds):5.0f} updates/s")
        async with running(kuotu):
            report(*await expansions(people[0]))


def report(totals: list[float], engine: list[float]) -> None:
    """Print the time of an expansion, in the engine and outside."""
    waits = [total - worked for total, worked in zip(totals, engine, strict=True)]
    print(f"one expansion of a {photo().size[0]}x{photo().size[1]} photo, median of {len(totals)}:")
    print(f"  from tap to result {1e3 * median(totals):6.0f} ms")
    print(f"  in the engine      {1e3 * median(engine):6.0f} ms")
    print(f"  the bot's own part {1e3 * median(waits):6.0f} ms ({1e3 * min(waits):.0f} to {1e3 * max(waits):.0f})")


@asynccontextmanager
async def telegram(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Run a playground in a process of its own. Yields its address and its token."""
    command = (sys.executable, "-m", "bot.playground", str(folder), "0")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    url, _, token = (await process.stdout.readline()).decode().split()
    try:
        yield url.rstrip("/"), token
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def echoing(url: str, token: str, *, at_once: bool) -> AsyncIterator[None]:
    """Run a bot like the first example of the library."""

    async def echo(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.callback_query is not None:
            await update.callback_query.answer(update.callback_query.data)

    builder = Application.builder().token(token).base_url(f"{url}/bot").get_updates_connection_pool_size(2)
    application = builder.concurrent_updates(at_once).build()
    application.add_handler(CallbackQueryHandler(echo))
    async with application:
        assert application.updater is not None
        await application.updater.start_polling()
        await application.start()
        yield
        await application.updater.stop()
        await application.stop()


async def rate(
    url: str, token: str, people: list[Person], start: Callable[[], AbstractAsyncContextManager[object]]
) -> float:
    """Return the updates per second of a bot that finds all taps waiting."""
    queries = []
    for person in people:
        message = await with_button(url, token, person)
        queries += [(person, await person.press(message, "tap")) for _ in range(TAPS)]
    async with start():
        answered = sorted(await asyncio.gather(*(moment(person, query) for person, query in queries)))
    return (len(answered) - 1) / (answered[-1] - answered[0])


async def moment(person: Person, query: str) -> float:
    await person.answer_to(query, 120)
    return perf_counter()


async def with_button(url: str, token: str, person: Person) -> Message:
    """Return a message with a button that cancels an expansion that does not exist."""
    if not person.messages:
        await person.say("/start")  # a bot may not start a conversation
    async with Bot(token, base_url=f"{url}/bot") as bot:
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("tap", callback_data=Cancel(0).pack())]])
        mark = person.now
        await bot.send_message(person.chat, "Tap!", reply_markup=keyboard)
        return await person.wait_for(lambda message: message.labels == ["tap"], after=mark)


async def expansions(person: Person) -> tuple[list[float], list[float]]:
    """Return the seconds from tap to result, and the seconds of these in the engine."""
    file = BytesIO()
    photo().save(file, "JPEG", quality=90)
    await person.send_photo(file.getvalue())
    panel = await person.wait_for(lambda message: "✨ Expand" in message.labels)
    totals, engine = [], []
    for _ in range(EXPANSIONS + 1):  # the first is a warm-up
        before, mark, started = worked(), person.now, perf_counter()
        await person.press(panel, "Expand")
        await person.wait_for(is_result, 120, after=mark)
        totals.append(perf_counter() - started)
        engine.append(worked() - before)
    return totals[1:], engine[1:]


def is_result(message: Message) -> bool:
    return message.shows("🔁")


def worked() -> float:
    """Return the seconds that the engine has worked so far, from /metrics."""
    return REGISTRY.get_sample_value("kuotu_expansion_seconds_sum", {"engine": "patchmatch"}) or 0.0


def photo() -> Image.Image:
    with Image.open(SAMPLE) as picture:
        picture.thumbnail((640, 640))
        return picture.copy()


def main() -> None:
    asyncio.run(compare())


if __name__ == "__main__":
    main()
