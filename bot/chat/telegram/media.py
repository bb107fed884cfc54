"""Showing a finished expansion by the file that Telegram keeps: uploaded once, again only where it is unknown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from telegram import InlineKeyboardMarkup, InputMediaAnimation, InputMediaPhoto, Message, ReplyParameters
from telegram.error import BadRequest

from bot.chat.choice import extent_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.visit import Bot, Visit, answer_to, thread_of
from bot.services import MessageKey, Services
from inference.canvas import Extent
from inference.film.camera import frame_of
from inference.safety.verdict import Level
from storage import models
from storage.models import Expansion, Film, FilmKind

SHOWN_AS = {FilmKind.ZOOM: "film", FilmKind.LOOP: "loop"}  # kinds of messages


PICTURES = ("result", "before", "gallery", "shared")

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


async def results_changed(services: Services, expansion_id: int) -> None:
    """Wherever its author has it, it is to show the new counts or the new title."""
    for message in await services.messages.showing(expansion_id):
        if message.kind in ("result", "before", "mine"):
            services.changed.put_nowait((message.chat_id, message.message_id))


@dataclass(frozen=True)
class Seat:
    """Where a film is sent to, and for whom."""

    chat_id: int
    thread_id: int | None
    person_id: int | None
    answer: ReplyParameters | None = None


async def put_animation(services: Services, bot: Bot, film: Film, expansion: Expansion) -> str | None:
    """Turn the message that told of a film into it; only if a person deleted that, send a new one.

    Telegram's file id; None when it was there already.
    """
    sent: list[Message] = []
    movie, frame = await _movie(services, film, expansion), _frame(expansion)

    async def replace() -> None:
        media = InputMediaAnimation(
            movie,
            width=frame.width,
            height=frame.height,
            filename=_name(expansion),
            has_spoiler=is_veiled(expansion),
        )
        shown = await bot.edit_message_media(media, film.chat_id, film.message_id)
        sent.extend([shown] if isinstance(shown, Message) else [])

    if not await edit(replace()):
        seat = Seat(film.chat_id or 0, film.thread_id, film.person_id)
        sent.append(await _send(services, bot, film, expansion, seat, movie))
    return _file_of(sent[0]) if sent else None


async def send_animation(services: Services, bot: Bot, film: Film, expansion: Expansion, seat: Seat) -> str | None:
    """A film that is there, as a new message; gives Telegram's file id."""
    if film.file_id is not None:
        try:
            return _file_of(await _send(services, bot, film, expansion, seat, film.file_id))
        except BadRequest as error:
            if "file" not in error.message.lower():
                raise
    return _file_of(await _send(services, bot, film, expansion, seat, await _movie(services, film, expansion)))


async def _send(
    services: Services, bot: Bot, film: Film, expansion: Expansion, seat: Seat, movie: str | bytes
) -> Message:
    frame = _frame(expansion)
    sent = await bot.send_animation(
        seat.chat_id,
        movie,
        width=frame.width,
        height=frame.height,
        filename=None if isinstance(movie, str) else _name(expansion),
        has_spoiler=is_veiled(expansion),
        message_thread_id=seat.thread_id,
        reply_parameters=seat.answer,
    )
    await remember(services, (seat.chat_id, sent.message_id), SHOWN_AS[film.kind], seat.person_id, expansion.id)
    return sent


async def _movie(services: Services, film: Film, expansion: Expansion) -> bytes:
    return await services.blobs.get(film.kind.movie(expansion.preview or ""))


def _frame(expansion: Expansion) -> Extent:
    return frame_of(extent_of(expansion.result or expansion.source))


def _name(expansion: Expansion) -> str:
    return f"kuotu-{expansion.id}.mp4"


def _file_of(sent: Message) -> str | None:
    file = sent.animation or sent.video or sent.document
    return file.file_id if file is not None else None
