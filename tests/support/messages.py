"""Which kind of message the bot has sent, told by its buttons and its text."""

from __future__ import annotations

from bot.playground import Message


def is_panel(message: Message) -> bool:
    return "✨ Expand" in message.labels


def is_status(message: Message) -> bool:
    return "❌ Cancel" in message.labels


def is_result(message: Message) -> bool:
    return not is_doubled(message) and subject_of(message, "tl", "ey") != ""  # in a channel, nobody sees ⋯


def is_doubled(message: Message) -> bool:
    return "· ×2" in message.text and subject_of(message, "tl") != ""


def subject_of(message: Message, *tags: str) -> str:
    """Return the id that a button with one of these tags is about."""
    taps = ((b.data or "").split("|") for b in message.buttons)
    return next((subject[0] for tag, *subject in taps if tag in tags), "")


def is_film(message: Message) -> bool:
    return message.kind == "animation"


def size(message: Message) -> tuple[int, int]:
    """Return the width and height of a photo message in pixels."""
    assert message.photo is not None
    return message.photo["width"], message.photo["height"]
