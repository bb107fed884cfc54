"""Which kind of message the bot has sent, told by its buttons and its text."""

from __future__ import annotations

from bot.playground import Message


def is_panel(message: Message) -> bool:
    return "✨ Expand" in message.labels


def is_status(message: Message) -> bool:
    return "✖️ Cancel" in message.labels


def is_result(message: Message) -> bool:
    return bool({"🔁 Again", "✨ Expand yours"} & set(message.labels))  # in a channel, nobody sees more


def is_doubled(message: Message) -> bool:
    return "· ×2" in message.text and "📣 Publish" in message.labels


def is_film(message: Message) -> bool:
    return message.kind == "animation"


def size(message: Message) -> tuple[int, int]:
    """Return the width and height of a photo message in pixels."""
    assert message.photo is not None
    return message.photo["width"], message.photo["height"]
