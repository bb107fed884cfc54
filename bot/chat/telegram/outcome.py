"""What an answer of the Bot API means. Every call is done, refused or unknown, and this module alone decides which.

Telegram documents error codes but not the texts, so the texts below are those of tdlib/telegram-bot-api (Client.cpp)
and TDLib, compared in lower case.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
)


class Fate(Enum):
    """What became of a call that raised an error."""

    UNKNOWN = "unknown"  # no answer, or one that cannot be read: the call may have been done
    FLOOD = "flood"  # 429: not done, and welcome again after a while
    UNCHANGED = "unchanged"  # the message shows this already
    GONE = "gone"  # the message that was to be changed does not exist any more
    TOO_OLD = "too old"  # the tap or the message can no longer be answered or deleted
    TOPIC_GONE = "topic gone"  # the topic was deleted or closed
    NO_RIGHTS = "no rights"  # the bot may write to the chat, but not this
    NO_ENTRY = "no entry"  # the bot was blocked or removed, or the chat does not exist
    MIGRATED = "migrated"  # the group has become a supergroup
    REFUSED = "refused"  # wrong in itself: the same call would be refused again

    @property
    def passes(self) -> bool:
        """Whether the same call may succeed later."""
        return self in (Fate.UNKNOWN, Fate.FLOOD)

    @property
    def wants_another_place(self) -> bool:
        """Whether the content could still reach the person in another topic or chat."""
        return self in (Fate.TOPIC_GONE, Fate.NO_RIGHTS, Fate.NO_ENTRY)


REFUSALS: tuple[tuple[str, Fate], ...] = (
    ("message is not modified", Fate.UNCHANGED),
    ("message to edit not found", Fate.GONE),
    ("message to delete not found", Fate.GONE),
    ("message to be replied not found", Fate.GONE),
    ("message can't be edited", Fate.GONE),
    ("message_id_invalid", Fate.GONE),
    ("message identifier is not specified", Fate.GONE),
    ("there is no text in the message to edit", Fate.GONE),  # it shows a picture now, so this edit comes too late
    ("there is no caption in the message to edit", Fate.GONE),
    ("message can't be deleted", Fate.TOO_OLD),
    ("query is too old", Fate.TOO_OLD),
    ("query_id_invalid", Fate.TOO_OLD),
    ("message thread not found", Fate.TOPIC_GONE),
    ("topic_closed", Fate.TOPIC_GONE),
    ("topic_deleted", Fate.TOPIC_GONE),
    ("not enough rights", Fate.NO_RIGHTS),
    ("have no rights", Fate.NO_RIGHTS),
    ("need administrator rights", Fate.NO_RIGHTS),
    ("chat_send_", Fate.NO_RIGHTS),  # CHAT_SEND_PHOTOS_FORBIDDEN and its siblings
    ("chat_write_forbidden", Fate.NO_ENTRY),
    ("chat_restricted", Fate.NO_ENTRY),
    ("chat not found", Fate.NO_ENTRY),
    ("peer_id_invalid", Fate.NO_ENTRY),
    ("user is deactivated", Fate.NO_ENTRY),
    ("group chat was deactivated", Fate.NO_ENTRY),
    ("user_is_blocked", Fate.NO_ENTRY),
)
"""The refusals that have a way on, by a part of their text. The first that matches counts."""

UNREADABLE = "invalid server response"  # what python-telegram-bot says of an answer that is no JSON


def fate_of(error: TelegramError) -> Fate:
    """Return what became of the call that raised an error."""
    said = error.message.lower()
    if isinstance(error, RetryAfter):
        return Fate.FLOOD
    if isinstance(error, ChatMigrated):
        return Fate.MIGRATED
    if isinstance(error, BadRequest | Forbidden):  # python-telegram-bot counts BadRequest among the network errors
        known = next((fate for text, fate in REFUSALS if text in said), None)
        return known or (Fate.NO_ENTRY if isinstance(error, Forbidden) else Fate.REFUSED)
    if "request entity too large" in said:
        return Fate.REFUSED
    if isinstance(error, NetworkError | Conflict) or UNREADABLE in said:
        return Fate.UNKNOWN
    return Fate.REFUSED


def pause_of(error: RetryAfter) -> float:
    """Return the seconds that Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
