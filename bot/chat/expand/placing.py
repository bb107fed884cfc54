"""Sends the status messages of expansions. The engine starts only after its message is known."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from telegram import InlineKeyboardMarkup, Message, ReplyParameters
from telegram.error import TelegramError

from bot.chat.buttons.result import Cancel
from bot.chat.cards.canvas import canvas_of
from bot.chat.cards.status import waiting_caption
from bot.chat.cards.widgets import button
from bot.chat.choice import margins_of
from bot.chat.telegram.edits import delete
from bot.chat.telegram.media import send_picture
from bot.chat.telegram.outcome import fate_of
from bot.chat.telegram.seat import Seat, thread_of
from bot.chat.telegram.visit import Bot, Visit
from bot.chat.texts import Texts
from bot.services import Services
from storage.models import Expansion, MessageKind

log = structlog.get_logger()


async def place(
    services: Services, bot: Bot, say: Texts, expansions: Sequence[Expansion], reply_to: int | None
) -> None:
    """Send the status message, store its id in the rows, and wake the workers. The engine starts only after that.

    If the topic or the chat refuses it, it goes to the chat outside its topic, or else to the person's private chat. If
    this takes longer than the lease, another program may have sent a message too. Then this one is deleted.
    """
    first = expansions[0]
    answer = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to is not None else None
    seats = Seat(first.chat_id, first.thread_id, answer).and_elsewhere(first.person_id)
    caption = await waiting_caption(services, say, expansions)
    markup = InlineKeyboardMarkup([[button(say("status.cancel"), Cancel(first.id))]])
    canvas = canvas_of(services, first.source, margins_of(first))
    sent, _ = await send_picture(bot, seats, canvas, caption, markup)
    await settle_in(services, bot, expansions, sent)


async def settle_in(services: Services, bot: Bot, expansions: Sequence[Expansion], message: Message) -> None:
    """Make a message the status message of expansions, and wake the workers. If they have another, delete this one."""
    first, where = expansions[0], (message.chat.id, message.message_id)
    kind = MessageKind.SHEET if first.batch else MessageKind.RESULT
    ids = [expansion.id for expansion in expansions]
    if await services.store.place(ids, where[1], kind, chat_id=where[0], thread_id=thread_of(message)):
        await services.queue.put(ids)
    else:
        await delete(bot.delete_message(*where))


async def place_for_tap(
    services: Services, visit: Visit, expansions: Sequence[Expansion], reply_to: int | None
) -> None:
    """Send the status message for a tap.

    If it is unknown whether Telegram has it, or Telegram wants a pause, the watch over the queue sends it again later.
    If every place refuses it, nobody would see the result, so the expansions are cancelled.
    """
    try:
        await place(services, visit.bot, visit.say, expansions, reply_to)
    except TelegramError as error:
        if fate_of(error).passes:
            log.info("placing.postponed", expansion=expansions[0].id, reason=str(error))
            await services.store.hand_over([expansion.id for expansion in expansions])
            return
        for expansion in expansions:
            await services.queue.cancel(expansion.id)
        raise
