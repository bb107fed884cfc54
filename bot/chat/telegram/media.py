"""Showing a finished expansion by the file that Telegram keeps: uploaded once, again only where it is unknown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram import InlineKeyboardMarkup, InputMediaPhoto, Message
from telegram.error import BadRequest

from bot.chat.telegram.edits import edit
from bot.chat.telegram.visit import Visit, answer_to, thread_of
from bot.services import MessageKey, Services
from inference.safety.verdict import Level
from storage import models
from storage.models import Expansion

Answer = TypeVar("Answer", Message, Message | bool)


def is_veiled(expansion: Expansion) -> bool:
    """Whether the safety check wants the picture under a spoiler."""
    return expansion.verdict != Level.SAFE


async def send_picture(
    services: Services, visit: Visit, expansion: Expansion, kind: str, caption: str, markup: InlineKeyboardMarkup | None
) -> Message:
    """A new message in answer to the visitor's, remembered as showing this."""

    async def send(picture: str | bytes) -> Message:
        return await visit.bot.send_photo(
            visit.chat.id,
            picture,
            caption=caption,
            parse_mode="HTML",
            reply_markup=markup,
            message_thread_id=thread_of(visit.message),
            reply_parameters=answer_to(visit.message),
            has_spoiler=is_veiled(expansion),
        )

    sent = await _known_first(services, expansion, send)
    await remember(services, (visit.chat.id, sent.message_id), kind, visit.person.id, expansion.id)
    await _learn_file(services, expansion, sent)
    return sent


async def put_picture(
    services: Services,
    visit: Visit,
    where: MessageKey,
    expansion: Expansion,
    caption: str,
    markup: InlineKeyboardMarkup,
) -> bool:
    """Edit a message to show this; False when the message is gone."""

    async def put(picture: str | bytes) -> Message | bool:
        media = InputMediaPhoto(picture, caption=caption, parse_mode="HTML", has_spoiler=is_veiled(expansion))
        shown = await visit.bot.edit_message_media(media, *where, reply_markup=markup)
        if isinstance(shown, Message):
            await _learn_file(services, expansion, shown)
        return shown

    return await edit(_known_first(services, expansion, put))


async def remember(
    services: Services, where: MessageKey, kind: str, person_id: int | None, expansion_id: int | None = None
) -> None:
    """What a message of ours shows from now on."""
    chat_id, message_id = where
    await services.messages.remember(
        models.Message(
            chat_id=chat_id, message_id=message_id, kind=kind, person_id=person_id, expansion_id=expansion_id
        )
    )


async def _known_first(
    services: Services, expansion: Expansion, show: Callable[[str | bytes], Awaitable[Answer]]
) -> Answer:
    if expansion.file_id is not None:
        try:
            return await show(expansion.file_id)
        except BadRequest as error:
            if "file" not in error.message.lower():
                raise
    return await show(await services.picture(expansion))


async def _learn_file(services: Services, expansion: Expansion, shown: Message) -> None:
    if shown.photo and shown.photo[-1].file_id != expansion.file_id:
        await services.store.remember_file(expansion.id, shown.photo[-1].file_id)
