"""A film as a message: uploaded once, then sent by the file that Telegram keeps."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import InputMediaAnimation, Message, ReplyParameters
from telegram.error import BadRequest

from bot.chat.choice import extent_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import is_veiled, remember
from bot.chat.telegram.visit import Bot
from bot.services import Services
from inference.canvas import Extent
from inference.film.camera import frame_of
from storage.jobs.films import Film, FilmKind
from storage.models import Expansion

SHOWN_AS = {FilmKind.ZOOM: "film", FilmKind.LOOP: "loop"}  # kinds of messages


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
