"""What one person has seen of one chat, with an event that is set at every change."""

import asyncio
import inspect
from collections.abc import Callable
from typing import TypeVar

from bot.playground.message import Message
from bot.playground.world import Json

T = TypeVar("T")


class Watch:
    """Messages by id, answers and inline results by query id, and the bot's actions. Events of the stream update it."""

    def __init__(self, user: int, chat: int) -> None:
        self._user = user
        self._chat = chat
        self._bell = asyncio.Event()
        self.version = 0
        self.messages: dict[int, Message] = {}
        self.answers: dict[str, Json] = {}
        self.results: dict[str, Json] = {}
        self.actions: list[str] = []

    async def until(self, look: Callable[[], T | None], seconds: float, otherwise: str) -> T:
        """Return what `look` finds, now or after a change. A TimeoutError quotes what the chat shows instead."""
        try:
            async with asyncio.timeout(seconds):
                while (found := look()) is None:
                    self._bell.clear()
                    await self._bell.wait()
        except TimeoutError:
            newest = "\n".join(f"  {self.messages[key]}" for key in sorted(self.messages)[-8:])
            raise TimeoutError(f"{otherwise} within {seconds} s; chat {self._chat} shows:\n{newest}") from None
        return found

    def see(self, raw: Json) -> Message:
        """Record the current state of a message. An unchanged one keeps its version."""
        known = self.messages.get(raw["message_id"])
        if raw["chat"]["id"] != self._chat:
            return Message(raw, self.version)
        if known is None or known.raw != raw:
            self.version += 1
            known = self.messages[raw["message_id"]] = Message(raw, self.version)
            self._bell.set()
        return known

    def sent(self, raw: Json) -> Message:
        """Record a message from the response to its own sending, unless the stream has delivered a newer state."""
        if raw["chat"]["id"] == self._chat and raw["message_id"] in self.messages:
            return self.messages[raw["message_id"]]
        return self.see(raw)

    def refresh(self, everything: list[Json]) -> None:
        """Replace all messages after a reload."""
        for gone in set(self.messages) - {raw["message_id"] for raw in everything}:
            del self.messages[gone]
        for raw in everything:
            self.see(raw)
        self._bell.set()

    def take(self, kind: str, data: Json) -> None:
        """Record an event of the stream."""
        if kind == "message" and data["chat"] == self._chat:
            self.see(data["message"])
        elif kind == "deleted" and data["chat"] == self._chat:
            self.messages.pop(data["message_id"], None)
        elif kind == "action" and data["chat"] == self._chat:
            self.actions.append(data["action"])
        elif kind == "answer" and data["user"] == self._user:
            self.answers[data["query"]] = data
        elif kind == "results" and data["user"] == self._user:
            self.results[data["query"]] = data
        else:
            return
        self._bell.set()


def source(matches: Callable[[Message], object]) -> str:
    """Return the source text of a condition, for the message of a timeout."""
    try:
        return " ".join(inspect.getsource(matches).split())
    except OSError:
        return repr(matches)
