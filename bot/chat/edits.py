"""Editing messages that may be unchanged, gone, or in a chat that no longer wants us."""

from __future__ import annotations

from collections.abc import Awaitable

from telegram.error import BadRequest

UNCHANGED = "message is not modified"
GONE = ("message to edit not found", "message to delete not found", "message can't be edited", "message_id_invalid")


async def edit(request: Awaitable[object]) -> bool:
    """Await an edit. «Not modified» counts as done; False when the message is gone."""
    try:
        await request
    except BadRequest as error:
        said = error.message.lower()
        if UNCHANGED in said:
            return True
        if any(gone in said for gone in GONE):
            return False
        raise
    return True


async def delete(request: Awaitable[object]) -> bool:
    """Await a deletion; False when Telegram keeps the message (older than 48 hours, or gone)."""
    try:
        await request
    except BadRequest:
        return False
    return True
