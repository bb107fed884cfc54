"""Pictures and films in messages: one way to send one, and one way to put one into a message that is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from telegram import (
    InlineKeyboardMarkup,
    InputMediaAnimation,
    InputMediaPhoto,
    Message,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated

from bot.chat.choice import extent_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.visit import Bot, Visit, answer_to, thread_of
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
    """What Telegram wants to know of a film besides its bytes."""

    width: int
    height: int
    filename: str


@dataclass(frozen=True)
class Medium:
    """A picture or a film as a message shows it: uploaded once, then sent by the file id that Telegram gave it.

    `load` reads the bytes, `learn` stores the id.
    """

    load: Callable[[], Awaitable[bytes]]
    spoiler: bool
    file_id: str | None = None
    learn: Callable[[str], Awaitable[None]] | None = None
    animation: Animation | None = None


@dataclass(frozen=True)
class Seat:
    """Where a new message goes, and which message it answers."""

    chat_id: int
    thread_id: int | None = None
    answer: ReplyParameters | None = None

    @classmethod
    def of(cls, visit: Visit) -> Seat:
        return cls(visit.chat.id, thread_of(visit.message), answer_to(visit.message))


@dataclass(frozen=True)
class Shown:
    """The message shows what it should. The file id is None when the message showed the same before."""

    file_id: str | None = None


def is_veiled(expansion: Expansion) -> bool:
    """Whether the safety check wants the picture under a spoiler."""
    return expansion.verdict != Level.SAFE


def picture_of(services: Services, expansion: Expansion) -> Medium:
    """The result of an expansion, as chats see it."""
    return Medium(
        partial(services.picture, expansion),
        is_veiled(expansion),
        expansion.file_id,
        partial(services.store.remember_file, expansion.id),
    )


def film_of(services: Services, film: Film, expansion: Expansion) -> Medium:
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
    """Make a message show a medium; the caller holds the message. None when the message is gone.

    A group that has become a supergroup is renamed in the database, and ChatMigrated goes on to the caller.
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
    bot: Bot, seat: Seat, medium: Medium, caption: str | None = None, markup: InlineKeyboardMarkup | None = None
) -> tuple[Message, Shown]:
    """Show a medium in a new message."""
    sent = await _known_first(medium, partial(_send, bot, seat, medium, caption, markup))
    return sent, await _learned(medium, sent)


async def answer_with_picture(
    services: Services,
    visit: Visit,
    expansion: Expansion,
    kind: MessageKind,
    caption: str,
    markup: InlineKeyboardMarkup | None,
) -> Message:
    """Answer the visitor with an expansion, and remember the message as showing it."""
    sent, _ = await send_picture(visit.bot, Seat.of(visit), picture_of(services, expansion), caption, markup)
    await remember(services, (visit.chat.id, sent.message_id), kind, visit.person.id, expansion.id)
    return sent


async def remember(
    services: Services, where: MessageKey, kind: MessageKind, person_id: int | None, expansion_id: int | None = None
) -> None:
    """Record what a message of the bot shows from now on."""
    chat_id, message_id = where
    await services.messages.remember(
        models.Message(
            chat_id=chat_id, message_id=message_id, kind=kind, person_id=person_id, expansion_id=expansion_id
        )
    )


async def results_changed(services: Services, expansion_id: int) -> None:
    """Have every message redrawn that shows an expansion to its author with its counts or its title."""
    for message in await services.messages.showing(expansion_id):
        if message.kind.tells_counts:
            services.changed.put_nowait((message.chat_id, message.message_id))


async def _known_first(medium: Medium, show: Callable[[str | bytes], Awaitable[Answer]]) -> Answer:
    """Show by file id; upload the bytes where there is no id, or where Telegram no longer knows it."""
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
