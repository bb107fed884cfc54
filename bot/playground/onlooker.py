"""Somebody who follows a chat of the playground: sees its messages, and waits for them."""

from collections.abc import Callable
from typing import Self

from bot.playground.message import Message
from bot.playground.watch import source
from bot.playground.wire import Wire

PATIENCE = 300.0  # seconds: only a hang takes that long, on a busy machine too


class Onlooker:
    """Somebody in a chat with the bot: the private one, or a group.

    Messages from the bot arrive by the event stream.
    """

    def __init__(
        self,
        base_url: str,
        user: int = 1,
        chat: int | None = None,
        *,
        name: str | None = None,
        language: str | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.user = user
        self.chat = user if chat is None else chat
        self._about = {"id": user, "first_name": name, "language_code": language}
        self._wire = Wire(self.base_url, self.user, self.chat)
        self._watch = self._wire.watch

    async def __aenter__(self) -> Self:
        self._wire.connect()
        known = {person["id"] for person in (await self._wire.get("/playground/state"))["people"]}
        if self.user not in known or self._about["first_name"] or self._about["language_code"]:
            await self._wire.act("person", **{key: value for key, value in self._about.items() if value is not None})
        await self._wire.follow()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._wire.close()

    @property
    def messages(self) -> list[Message]:
        """All messages of the chat, oldest first."""
        return [self._watch.messages[key] for key in sorted(self._watch.messages)]

    @property
    def now(self) -> int:
        """The current version, for `after=`: only later changes then count."""
        return self._watch.version

    @property
    def toasts(self) -> list[str]:
        """The texts with which the bot answered this person's taps."""
        return [answer["text"] for answer in self._watch.answers.values() if answer["text"]]

    @property
    def actions(self) -> list[str]:
        """The chat actions («typing», «upload_photo» …) that the bot has shown in this chat."""
        return self._watch.actions

    async def wait_for(
        self,
        matches: Callable[[Message], object],
        timeout: float = PATIENCE,  # noqa: ASYNC109
        *,
        after: int = 0,
    ) -> Message:
        """Wait for a message that matches and changed after the version `after`; return the newest."""

        def look() -> Message | None:
            candidates = (message for message in reversed(self.messages) if message.version > after)
            return next((message for message in candidates if matches(message)), None)

        found: Message = await self._watch.until(look, timeout, f"no message matches {source(matches)}")
        return found

    async def wait_gone(self, message: Message | int, timeout: float = PATIENCE) -> None:  # noqa: ASYNC109
        """Wait until a message is deleted."""
        number = message if isinstance(message, int) else message.id
        await self._watch.until(
            lambda: number not in self._watch.messages or None, timeout, f"message {number} is still there"
        )

    async def wait_action(self, action: str = "", timeout: float = PATIENCE) -> str:  # noqa: ASYNC109
        """Wait until the bot shows a chat action that contains this text, and return it."""

        def look() -> str | None:
            return next((one for one in self.actions if action in one), None)

        return str(await self._watch.until(look, timeout, f"no action {action!r}"))
