"""Where a new message goes: a chat, a topic in it, and the message that it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from telegram import Message, ReplyParameters
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.chat.telegram.outcome import fate_of

log = structlog.get_logger()

GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)

T = TypeVar("T")


@dataclass(frozen=True)
class Seat:
    """The chat and topic of a new message, and the message that it replies to."""

    chat_id: int
    thread_id: int | None = None
    answer: ReplyParameters | None = None

    @classmethod
    def beside(cls, chat_id: int, message: Message | None) -> Seat:
        """Return the place of an answer to a message."""
        return cls(chat_id, thread_of(message), answer_to(message))

    @property
    def address(self) -> dict[str, Any]:
        """The parameters that every sending method of the Bot API takes."""
        return {"chat_id": self.chat_id, "message_thread_id": self.thread_id, "reply_parameters": self.answer}

    def and_elsewhere(self, person_id: int | None = None) -> tuple[Seat, ...]:
        """Return this place, then the chat outside its topic, then the private chat of a person if one is given."""
        outside = [Seat(self.chat_id)] if self.thread_id is not None else []
        private = [Seat(person_id)] if person_id not in (None, self.chat_id) else []
        return (self, *outside, *private)


async def take_a_seat(seats: Sequence[Seat], send: Callable[[Seat], Awaitable[T]]) -> T:
    """Send to the first place that accepts the message. Raises the error of the first place if none does."""
    refusal: TelegramError | None = None
    for seat in seats:
        try:
            return await send(seat)
        except TelegramError as error:
            if not fate_of(error).wants_another_place:
                raise
            log.info("send.refused", chat=seat.chat_id, thread=seat.thread_id, reason=str(error))
            refusal = refusal or error
    assert refusal is not None  # there is at least one place
    raise refusal


def thread_of(message: Message | None) -> int | None:
    """Return the topic of a message, or None outside topics."""
    return message.message_thread_id if message is not None and message.is_topic_message else None


def answer_to(message: Message | None) -> ReplyParameters | None:
    """Return the parameters of a reply to a message, which is sent even if that message is deleted.

    Words and commands are quoted only in groups, where several people talk at once.
    """
    if message is None or (message.text and message.chat.type not in GROUPS):
        return None
    return ReplyParameters(message.message_id, allow_sending_without_reply=True)
