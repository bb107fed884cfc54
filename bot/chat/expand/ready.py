"""Tells a person who has waited long that a result is there, because edits cause no notification."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from telegram.error import TelegramError

from bot.chat.telegram.visit import Bot
from bot.chat.texts import Texts
from bot.services import Services
from storage.models import Expansion, Status

log = structlog.get_logger()

PATIENCE = 15.0  # seconds of waiting after which a person is told by a «ready» message


async def tell_ready(
    services: Services, bot: Bot, say: Texts, expansion: Expansion, variants: Sequence[Expansion]
) -> None:
    """Send one «ready» message about an expansion that was shown. `variants` are all that its start has made.

    It is sent after the last of them; a journey of several steps is told by its film. The intent is stored before
    sending, so nobody gets it twice.
    """
    ends = [variant.status for variant in variants]
    filmed = expansion.steps and services.films is not None and ends.count(Status.DONE) > 1
    if filmed or expansion.status is Status.CANCELLED or Status.DONE not in ends or any(end.live for end in ends):
        return
    finished = expansion.finished_at or expansion.created_at
    waited = (finished - variants[0].created_at).total_seconds()
    if waited < PATIENCE or not await services.store.claim_announcement(variants[0].id):
        return
    try:
        await bot.send_message(
            expansion.chat_id,
            say("result.ready"),
            message_thread_id=expansion.thread_id,
            reply_to_message_id=expansion.message_id,
            allow_sending_without_reply=True,
        )
    except TelegramError as error:
        log.info("ready.lost", expansion=expansion.id, reason=str(error))
