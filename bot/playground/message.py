"""A message as a person sees it in a chat."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.playground.world import Json

FOLDS = ("⋯", "‹", "⚙")  # signs of buttons behind which people look for others, in this order


@dataclass(frozen=True)
class Button:
    """One inline button."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Message:
    """A Bot API message with everybody's reactions. `version` grows with every change that the person saw."""

    raw: Json
    version: int = 0

    def __repr__(self) -> str:
        return f"<{self.id} {self.kind} {self.text!r}{f' {self.labels}' if self.labels else ''}>"

    @property
    def id(self) -> int:
        """The message's id within its chat."""
        return int(self.raw["message_id"])

    @property
    def chat(self) -> int:
        """The chat's id."""
        return int(self.raw["chat"]["id"])

    @property
    def sender(self) -> int:
        """The user id of the author, even in a channel."""
        return int(self.raw["from"]["id"])

    @property
    def from_bot(self) -> bool:
        """True if the bot wrote the message."""
        return bool(self.raw["from"]["is_bot"])

    @property
    def text(self) -> str:
        """The text, or the caption of an image or file."""
        return str(self.raw.get("text") or self.raw.get("caption") or "")

    @property
    def photo(self) -> Json | None:
        """The largest photo size, if this is a photo."""
        sizes = self.raw.get("photo")
        return dict(sizes[-1]) if sizes else None

    @property
    def file(self) -> Json | None:
        """The file that can be downloaded: an animation, video, sticker, document, or the largest photo size."""
        for kind in ("animation", "video", "sticker", "document", "audio", "voice"):
            if kind in self.raw:
                return dict(self.raw[kind])
        return self.photo

    @property
    def kind(self) -> str:
        """The kind of content: text, photo, document, animation, video, sticker, audio, voice or service."""
        kinds = ("text", "photo", "animation", "video", "sticker", "document", "audio", "voice")
        return next((kind for kind in kinds if kind in self.raw), "service")

    @cached_property
    def rows(self) -> list[list[Button]]:
        """The inline keyboard."""
        keyboard = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return [[Button(b["text"], b.get("callback_data"), b.get("url")) for b in row] for row in keyboard]

    @property
    def buttons(self) -> list[Button]:
        """All buttons, row by row."""
        return [button for row in self.rows for button in row]

    @property
    def labels(self) -> list[str]:
        """The labels of all buttons."""
        return [button.label for button in self.buttons]

    def button(self, wanted: str) -> Button:
        """Return the button with this callback data, or this label, or else the first whose label contains it."""
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

    def shows(self, wanted: str) -> bool:
        """Tell whether a button has this callback data, or a label that contains this text."""
        return any(wanted == button.data or wanted in button.label for button in self.buttons)

    @property
    def fold(self) -> str | None:
        """The callback data of the button that shows other buttons, if there is one."""
        found = (button.data for sign in FOLDS for button in self.buttons if button.label.startswith(sign))
        return next(found, None)

    @property
    def reply_to(self) -> int | None:
        """The id of the message that this one replies to."""
        original = self.raw.get("reply_to_message")
        return int(original["message_id"]) if original else None

    @property
    def edited(self) -> bool:
        """True if the message was edited."""
        return "edit_date" in self.raw

    @property
    def reactions(self) -> dict[int, list[str]]:
        """The emoji that each user id reacted with."""
        return {int(user_id): emoji for user_id, emoji in self.raw.get("reactions", {}).items()}

    def __getitem__(self, key: str) -> Any:
        return self.raw[key]

    def __contains__(self, key: str) -> bool:
        return key in self.raw
