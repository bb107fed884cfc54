"""`kuotu demo`: plays scripted conversations with the sample photos, and writes a transcript with pictures."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.bootstrap import running
from bot.logs import configure_logs
from bot.playground import Message, Person
from bot.settings import Settings
from inference.image.codec import decode, thumbnail

SAMPLES = Path(__file__).parents[1] / "playground" / "samples"
LONGEST = 640  # pixels of a photo's longer side: larger ones make whoever looks at the demonstration wait
ANN, BEN, MEI, SAM = 101, 102, 103, 104
PATIENCE = 120.0  # seconds that one expansion may take on a slow machine


@dataclass
class Transcript:
    """Records what is said and shown, on the terminal and as Markdown with pictures."""

    folder: Path
    started: float = field(default_factory=time.monotonic)
    lines: list[str] = field(default_factory=list)
    pictures: int = 0

    def heading(self, text: str) -> None:
        """Begin a scene."""
        print(f"\n== {text}")
        self.lines.append(f"\n## {text}\n")

    def did(self, who: str, what: str) -> None:
        """Record an action of a person or the bot."""
        print(f"{time.monotonic() - self.started:6.1f} s  {who}: {what}")
        self.lines.append(f"**{who}** {what}\n")

    async def showed(self, chat: Person, message: Message) -> None:
        """Record the current state of a message of the bot, with its picture and buttons."""
        text = message.text.replace("\n", " · ")
        print(
            f"{time.monotonic() - self.started:6.1f} s    Kuotu: {text}  {' '.join(f'[{b}]' for b in message.labels)}"
        )
        self.lines.append(f"> **Kuotu** {text}")
        if message.file is not None:
            name = await self._save(chat, message)
            self.lines.append(f"> ![]({name})" if name.endswith(("jpg", "png", "webp")) else f"> [{name}]({name})")
        self.lines += [f"> `{'` `'.join(b.label for b in row)}`" for row in message.rows]
        self.lines.append("")

    def write(self) -> Path:
        """Write the transcript, and return its path."""
        path = self.folder / "transcript.md"
        path.write_text("# 扩图 Kuotu: a demonstration\n" + "\n".join(self.lines) + "\n", encoding="utf-8")
        return path

    async def _save(self, chat: Person, message: Message) -> str:
        self.pictures += 1
        suffix = Path(str((message.file or {}).get("file_name", "picture.jpg"))).suffix
        path = self.folder / "pictures" / f"{self.pictures:02}{suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(await chat.download(message))
        return f"pictures/{path.name}"


@dataclass
class Actor:
    """A scripted person, who acts, waits for the answer, and records both."""

    name: str
    chat: Person
    transcript: Transcript

    async def sends(self, sample: str, caption: str = "", *, opens: bool = True) -> Message:
        """Send a sample photo. Returns the panel that the bot answers with, or the sent photo if it `opens` none."""
        self.transcript.did(self.name, f"sends {sample}" + (f" «{caption}»" if caption else ""))
        mark = self.chat.now
        sent = await self.chat.send_photo(reduced(sample), caption)
        return await self._sees(panel, mark) if opens else sent

    async def says(self, text: str, sees: Callable[[Message], object] | None = None, **details: Any) -> Message:
        """Send a text. Returns the first message that matches `sees`, by default the next message of the bot."""
        self.transcript.did(self.name, f"says {text}")
        mark = self.chat.now
        await self.chat.say(text, **details)
        return await self._sees(sees or (lambda m: m.from_bot), mark)

    async def taps(self, message: Message, label: str, sees: Callable[[Message], object] | None = None) -> Message:
        """Tap a button. Returns the first message that matches `sees`, or the tapped message."""
        self.transcript.did(self.name, f"taps [{label}]")
        mark = self.chat.now
        toast = await self.chat.tap(message, label)
        if toast:
            self.transcript.did("Kuotu", f"answers «{toast}»")
        return await self._sees(sees, mark) if sees else message

    async def reacts(self, message: Message, emoji: str) -> None:
        """React to a message."""
        self.transcript.did(self.name, f"reacts {emoji}")
        await self.chat.react(message, emoji)

    async def _sees(self, wanted: Callable[[Message], object], mark: int) -> Message:
        message = await self.chat.wait_for(wanted, PATIENCE, after=mark)
        await self.transcript.showed(self.chat, message)
        return message


def reduced(sample: str) -> bytes:
    """Return a sample photo, which is made smaller if it is large."""
    return thumbnail(decode((SAMPLES / sample).read_bytes()), LONGEST)


def result(message: Message) -> bool:
    """Return whether a message is a result."""
    return message.shows("⋯")


def panel(message: Message) -> bool:
    """Return whether a message is a panel."""
    return message.shows("🎲")


async def demonstrate(settings: Settings) -> None:
    """Play every scene against a separate Kuotu. Pictures and transcript go to `demo/` in the data folder."""
    configure_logs(settings.model_copy(update={"log": "text"}))
    folder = settings.data_dir / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    own = {
        "data_dir": folder / "kuotu",
        "port": 0,
        "host": "127.0.0.1",
        "telegram_token": SecretStr(""),
        "webhook_url": "",
        "first_sheet": False,
    }
    own |= {"database_url": "", "blobs_url": "", "queue_url": "local"}
    transcript = Transcript(folder)
    async with running(settings.model_copy(update=own)) as kuotu:
        for scene in (alone, in_chinese, in_a_group, bad_days):
            await scene(kuotu.address, transcript)
    print(f"\n{transcript.pictures} pictures in {folder / 'pictures'}; the conversations are in {transcript.write()}")


async def alone(address: str, transcript: Transcript) -> None:
    """Play a private chat: expand, continue, four variants, full size, doubling, publishing."""
    transcript.heading(
        "Ann, alone with the bot: one tap, four at once, zoomed out, full size, twice the size, into the gallery"
    )
    async with Person(address, ANN, name="Ann", language="en") as chat:
        ann = Actor("Ann", chat, transcript)
        await ann.says("/start", lambda m: "👋" in m.text)
        first = await ann.taps(await ann.sends("picos.jpg"), "Expand", result)
        await ann.taps(first, "Before", lambda m: "◑ After" in m.labels)
        sheet = await ann.taps(first, "Four", lambda m: {"1", "2", "3", "4"} <= set(m.labels))
        chosen = await ann.taps(sheet, "2", lambda m: result(m) and m.id > sheet.id)
        await ann.taps(chosen, "Zoom out more", lambda m: result(m) and m.id > chosen.id)
        await ann.taps(chosen, "Download", lambda m: m.kind == "document")
        cat = await ann.taps(await ann.sends("chelsea.jpg"), "Wild", panel)
        wild = await ann.taps(cat, "Expand", result)
        await ann.taps(wild, "×2", lambda m: result(m) and "· ×2" in m.text)
        consent = await ann.taps(wild, "Publish", lambda m: "Not now" in m.labels)
        await ann.taps(consent, "Publish", lambda m: "No title" in m.labels)
        await ann.says("Cats all the way down", lambda m: m.from_bot and "“Cats all the way down”" in m.text)


async def in_chinese(address: str, transcript: Transcript) -> None:
    """Play a private chat in Chinese, up to the gallery."""
    transcript.heading("小梅，中文：离谱、16:9、画廊")
    async with Person(address, MEI, name="小梅", language="zh-hans") as chat:
        mei = Actor("小梅", chat, transcript)
        wide = await mei.taps(await mei.sends("friends.jpg"), "16:9", panel)
        wild = await mei.taps(wide, "离谱", panel)
        await mei.taps(wild, "扩图", result)
        await mei.taps(await mei.sends("astronaut.jpg"), "🎲", result)
        await mei.says("/gallery", lambda m: m.kind == "photo" and m.from_bot)


async def in_a_group(address: str, transcript: Transcript) -> None:
    """Play a group chat, where the bot answers only when asked, and everybody can vote."""
    transcript.heading("A group: quiet until asked, everybody reacts, nobody taps another's panel")
    async with Person(address, ANN, name="Ann", language="en") as host:
        async with Person(address, BEN, name="Ben", language="en"):
            group = await host.new_group("Sunday club", [BEN, MEI])
        async with Person(address, ANN, chat=group) as ann_there, Person(address, BEN, chat=group) as ben_there:
            ann, ben = Actor("Ann", ann_there, transcript), Actor("Ben", ben_there, transcript)
            sent = await ann.sends("wine.jpg", opens=False)
            asked = await ben.says("/expand", panel, reply_to=sent)
            await ann.taps(asked, "Wild")
            shown = await ben.taps(asked, "Expand", result)
            await ann.taps(shown, "🤣", lambda m: "🤣 1" in m.labels)


async def bad_days(address: str, transcript: Transcript) -> None:
    """Send broken files, each of which gets one sentence as an answer."""
    transcript.heading("Bad input: one sentence each")
    async with Person(address, SAM, name="Sam", language="en") as chat:
        sam = Actor("Sam", chat, transcript)
        for name, data, mime in (
            ("cut.jpg", (SAMPLES / "coffee.jpg").read_bytes()[:9000], "image/jpeg"),
            ("notes.png", b"not a picture at all", "image/png"),
        ):
            transcript.did("Sam", f"sends {name}")
            mark = chat.now
            await chat.send_document(data, name, mime)
            await sam._sees(lambda m: m.from_bot, mark)
