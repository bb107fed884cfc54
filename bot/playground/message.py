"""A message as a person sees it in the chat."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.playground.world import Json


@dataclass(frozen=True)
class Button:
    """One inline button."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Message:
    """The Bot API's message with everybody's reactions; `version` grows with every change that its person saw."""

    raw: Json
    version: int = 0

    def __repr__(self) -> str:
        return f"<{self.id} {self.kind} {self.text!r}{f' {self.labels}' if self.labels else ''}>"

    @property
    def id(self) -> int:
        """The message id within its chat."""
        return int(self.raw["message_id"])

    @property
    def chat(self) -> int:
        """The chat's id."""
        return int(self.raw["chat"]["id"])

    @property
    def sender(self) -> int:
        """The user id of its author, in a channel, too."""
        return int(self.raw["from"]["id"])

    @property
    def from_bot(self) -> bool:
        """Whether the bot wrote it."""
        return bool(self.raw["from"]["is_bot"])

    @property
    def text(self) -> str:
        """The text, or the caption of a picture or file."""
        return str(self.raw.get("text") or self.raw.get("caption") or "")

    @property
    def photo(self) -> Json | None:
        """The largest size, if this is a photo."""
        sizes = self.raw.get("photo")
        return dict(sizes[-1]) if sizes else None

    @property
    def file(self) -> Json | None:
        """The file that can be downloaded: the largest photo size, document, animation, video or sticker."""
        for kind in ("animation", "video", "sticker", "document", "audio", "voice"):
            if kind in self.raw:
                return dict(self.raw[kind])
        return self.photo

    @property
    def kind(self) -> str:
        """What it is: text, photo, document, animation, video, sticker … or service."""
        kinds = ("text", "photo", "animation", "video", "sticker", "document", "audio", "voice")
        return next((kind for kind in kinds if kind in self.raw), "service")

    @cached_property
    def rows(self) -> list[list[Button]]:
        """The inline keyboard."""
        keyboard = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return [[Button(b["text"], b.get("callback_data"), b.get("url")) for b in row] for row in keyboard]

    @property
    def buttons(self) -> list[Button]:
        """Every button, row after row."""
        return [button for row in self.rows for button in row]

    @property
    def labels(self) -> list[str]:
        """The labels of every button."""
        return [button.label for button in self.buttons]

    def button(self, wanted: str) -> Button:
        """The button with this callback data, this label, or else the first whose label contains it."""
        tests = (
            lambda button: button.data == wanted,
            lambda button: button.label == wanted,
            lambda button: wanted in button.label,
        )
        for test in tests:
            for button in self.buttons:
                if test(button):
                    return button
        raise LookupError(f"no button {wanted!r} on message {self.id}: it has {self.labels}")

    @property
    def reply_to(self) -> int | None:
        """The id of the message that it answers."""
        original = self.raw.get("reply_to_message")
        return int(original["message_id"]) if original else None

    @property
    def edited(self) -> bool:
        """Whether it was edited."""
        return "edit_date" in self.raw

    @property
    def reactions(self) -> dict[int, list[str]]:
        """The emoji under it, by user id."""
        return {int(user_id): emoji for user_id, emoji in self.raw.get("reactions", {}).items()}

    def __getitem__(self, key: str) -> Any:
        return self.raw[key]

    def __contains__(self, key: str) -> bool:
        return key in self.raw
