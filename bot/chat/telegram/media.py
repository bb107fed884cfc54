"""Sends pictures and films, and puts them into existing messages. All other code goes through this module."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from telegram import (
    InlineKeyboardMarkup,
    InputMediaAnimation,
    InputMediaPhoto,
    Message,
)
from telegram.error import BadRequest, ChatMigrated

from bot.chat.choice import extent_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.seat import Seat, take_a_seat
from bot.chat.telegram.visit import Bot, Visit
from bot.services import Services
from bot.turns import MessageKey
from inference.film.camera import frame_of
from inference.safety.verdict import Level
from storage import models
from storage.models import Expansion, Film, FilmKind, MessageKind

SHOWN_AS = {FilmKind.ZOOM: MessageKind.FILM, FilmKind.LOOP: MessageKind.LOOP}

Answer = TypeVar("Answer", Message, Message | bool)


@dataclass(frozen=True)
class Animation:
    """The facts about a film that Telegram wants besides its bytes. Width and height are in px."""

    width: int
    height: int
    filename: str


@dataclass(frozen=True)
class Medium:
    """A picture or a film to be shown in a message. It is uploaded once, and later sent by its Telegram file id.

    `load` reads the bytes. `learn` stores the file id of a new upload.
    """

    load: Callable[[], Awaitable[bytes]]
    spoiler: bool
    file_id: str | None = None
    learn: Callable[[str], Awaitable[None]] | None = None
    animation: Animation | None = None


@dataclass(frozen=True)
class Shown:
    """The outcome of showing a medium. The file id is None if the message showed the same medium before."""

    file_id: str | None = None


def is_veiled(expansion: Expansion) -> bool:
    """Return whether a picture is covered by a spoiler: the photo was, or the safety check wants it."""
    return expansion.source.spoiler or expansion.verdict != Level.SAFE


def picture_of(services: Services, expansion: Expansion) -> Medium:
    """Return the result of an expansion in the form that chats see."""
    return Medium(
        partial(services.picture, expansion),
        is_veiled(expansion),
        expansion.file_id,
        partial(services.store.remember_file, expansion.id),
    )


def film_of(services: Services, film: Film, expansion: Expansion) -> Medium:
    """Return a film as an animation message."""
    frame = frame_of(extent_of(expansion.result or expansion.source))
    movie = film.kind.movie(expansion.preview or "")
    return Medium(
        partial(services.blobs.get, movie),
        is_veiled(expansion),
        film.file_id,
        animation=Animation(frame.width, frame.height, f"kuotu-{expansion.id}.mp4"),
    )


async def put_picture(
    services: Services,
    bot: Bot,
    where: MessageKey,
    medium: Medium,
    caption: str | None = None,
    markup: InlineKeyboardMarkup | None = None,
) -> Shown | None:
    """Make an existing message show a medium. Returns None if the message no longer exists.

    The caller holds the message's lock. If a group has become a supergroup, its rows are updated, and ChatMigrated is
    raised.
    """
    shown: list[Message | bool] = []

    async def put(content: str | bytes) -> Message | bool:
        shown.append(await bot.edit_message_media(_media(medium, content, caption), *where, reply_markup=markup))
        return shown[-1]

    try:
        if not await edit(_known_first(medium, put)):
            return None
    except ChatMigrated as moved:
        await services.people.migrate_chat(where[0], moved.new_chat_id)
        raise
    return await _learned(medium, shown[-1] if shown else False)


async def send_picture(
    bot: Bot,
    seats: Sequence[Seat],
    medium: Medium,
    caption: str | None = None,
    markup: InlineKeyboardMarkup | None = None,
) -> tuple[Message, Shown]:
    """Send a medium in a new message, to the first place that accepts it."""

    async def send(seat: Seat) -> Message:
        return await _known_first(medium, partial(_send, bot, seat, medium, caption, markup))

    sent = await take_a_seat(seats, send)
    return sent, await _learned(medium, sent)


async def answer_with_picture(
    services: Services,
    visit: Visit,
    expansion: Expansion,
    kind: MessageKind,
    caption: str,
    markup: InlineKeyboardMarkup | None,
) -> Message:
    """Answer the visitor with the result of an expansion, and record what the message shows."""
    seats = visit.seat.and_elsewhere(visit.person.id)
    sent, _ = await send_picture(visit.bot, seats, picture_of(services, expansion), caption, markup)
    await remember(services, (sent.chat.id, sent.message_id), kind, visit.person.id, expansion.id)
    return sent


async def remember(
    services: Services, where: MessageKey, kind: MessageKind, person_id: int | None, expansion_id: int | None = None
) -> None:
    """Record what a message of the bot shows."""
    chat_id, message_id = where
    await services.messages.remember(
        models.Message(
            chat_id=chat_id, message_id=message_id, kind=kind, person_id=person_id, expansion_id=expansion_id
        )
    )


async def results_changed(services: Services, expansion_id: int, *others: MessageKey) -> None:
    """Schedule a redraw of the messages that tell the votes or the title of an expansion, and of others."""
    for where in await services.messages.outdate(expansion_id, *others):
        services.changed.put_nowait(where)


async def _known_first(medium: Medium, show: Callable[[str | bytes], Awaitable[Answer]]) -> Answer:
    """Send by file id, or upload the bytes if there is no file id or Telegram does not accept it any more."""
    if medium.file_id is not None:
        try:
            return await show(medium.file_id)
        except BadRequest as error:
            if "file" not in error.message.lower():
                raise
    return await show(await medium.load())


def _media(medium: Medium, content: str | bytes, caption: str | None) -> InputMediaPhoto | InputMediaAnimation:
    shown: dict[str, Any] = {"caption": caption, "parse_mode": "HTML", "has_spoiler": medium.spoiler}
    if medium.animation is None:
        return InputMediaPhoto(content, **shown)
    film = medium.animation
    return InputMediaAnimation(content, width=film.width, height=film.height, filename=film.filename, **shown)


async def _send(
    bot: Bot,
    seat: Seat,
    medium: Medium,
    caption: str | None,
    markup: InlineKeyboardMarkup | None,
    content: str | bytes,
) -> Message:
    common: dict[str, Any] = {
        "caption": caption,
        "parse_mode": "HTML",
        "reply_markup": markup,
        "message_thread_id": seat.thread_id,
        "reply_parameters": seat.answer,
        "has_spoiler": medium.spoiler,
    }
    if medium.animation is None:
        return await bot.send_photo(seat.chat_id, content, **common)
    film = medium.animation
    common |= {"width": film.width, "height": film.height}
    common |= {} if isinstance(content, str) else {"filename": film.filename}
    return await bot.send_animation(seat.chat_id, content, **common)


async def _learned(medium: Medium, message: Message | bool) -> Shown:
    if isinstance(message, bool):
        return Shown()
    file = message.photo[-1] if message.photo else message.animation or message.video or message.document
    if file is None:
        return Shown()
    if medium.learn is not None and file.file_id != medium.file_id:
        await medium.learn(file.file_id)
    return Shown(file.file_id)
