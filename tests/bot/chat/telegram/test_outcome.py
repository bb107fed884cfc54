"""What every answer of Telegram means, as a table."""

from __future__ import annotations

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.chat.telegram.outcome import REFUSALS, Fate, fate_of, pause_of


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (TimedOut(), Fate.UNKNOWN),
        (NetworkError("Bad Gateway"), Fate.UNKNOWN),
        (NetworkError("httpx.RemoteProtocolError: peer closed connection"), Fate.UNKNOWN),
        (TelegramError("Invalid server response"), Fate.UNKNOWN),
        (Conflict("terminated by other getUpdates request"), Fate.UNKNOWN),
        (NetworkError("Request Entity Too Large"), Fate.REFUSED),
        (RetryAfter(7), Fate.FLOOD),
        (ChatMigrated(-100), Fate.MIGRATED),
        (BadRequest("Message is not modified: specified new message content …"), Fate.UNCHANGED),
        (BadRequest("Message to edit not found"), Fate.GONE),
        (BadRequest("Message can't be deleted for everyone"), Fate.TOO_OLD),
        (BadRequest("Query is too old and response timeout expired or query id is invalid"), Fate.TOO_OLD),
        (BadRequest("Message thread not found"), Fate.TOPIC_GONE),
        (BadRequest("Not enough rights to send photos to the chat"), Fate.NO_RIGHTS),
        (BadRequest("CHAT_SEND_PHOTOS_FORBIDDEN"), Fate.NO_RIGHTS),
        (Forbidden("Forbidden: bot was blocked by the user"), Fate.NO_ENTRY),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), Fate.NO_ENTRY),
        (BadRequest("Chat not found"), Fate.NO_ENTRY),
        (BadRequest("Wrong file identifier/http url specified"), Fate.REFUSED),
        (InvalidToken(), Fate.REFUSED),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_answer_has_one_fate(error: TelegramError, fate: Fate) -> None:
    assert fate_of(error) is fate


@pytest.mark.parametrize(("text", "fate"), REFUSALS)
def test_every_refusal_of_the_table_is_reached(text: str, fate: Fate) -> None:
    """None is hidden by an earlier one whose text it contains."""
    assert fate_of(BadRequest(f"Bad Request: {text.upper()} …")) is fate


def test_what_may_pass_is_tried_again_and_nothing_else() -> None:
    assert {fate for fate in Fate if fate.passes} == {Fate.UNKNOWN, Fate.FLOOD}
    assert {fate for fate in Fate if fate.wants_another_place} == {Fate.TOPIC_GONE, Fate.NO_RIGHTS, Fate.NO_ENTRY}


def test_the_pause_is_what_telegram_asks_for() -> None:
    assert pause_of(RetryAfter(15)) == 15.0
