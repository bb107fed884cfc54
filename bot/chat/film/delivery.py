"""Delivers films: a message shows the progress of a film, then becomes the film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import ChatMigrated, RetryAfter, TelegramError

from bot.chat.buttons import result
from bot.chat.cards.status import film_caption
from bot.chat.cards.widgets import button, language_of
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import SHOWN_AS, film_of, put_picture, remember, send_picture
from bot.chat.telegram.outbox import Outbox, Rank
from bot.chat.telegram.outcome import Fate, fate_of, pause_of
from bot.chat.telegram.seat import Seat
from bot.chat.telegram.visit import Bot
from bot.jobs.watch import LATER
from bot.services import Services
from storage.jobs.films import FilmStore
from storage.models import Expansion, Film, FilmKind, Job, Status, now

log = structlog.get_logger()

PATIENCE = timedelta(minutes=1)  # after which a missing message id is no longer waited for


async def show_film(services: Services, films: FilmStore, bot: Bot, film: Film) -> float | None:
    """Show how a film ended in its message. This is idempotent.

    Returns None when that is settled, or the seconds after which it has to be tried again.
    """
    file_id = None
    try:
        if film.person_id is not None:  # None after the person who waited for it has deleted their data
            file_id = await _shown(services, bot, film)
    except FileNotFoundError as error:
        log.error("film.given_up", expansion=film.expansion_id, reason=str(error))
    except TelegramError as error:
        fate = fate_of(error)
        log.warning("film.not_shown", expansion=film.expansion_id, fate=fate.value, reason=str(error))
        if fate is Fate.NO_ENTRY:
            await services.people.chat_gone(film.chat_id or 0)
        elif isinstance(error, ChatMigrated):  # the next attempt reads the new chat id from the row
            await services.people.migrate_chat(film.chat_id or 0, error.new_chat_id)
            return 0.0
        elif fate.passes:
            return pause_of(error) if isinstance(error, RetryAfter) else LATER
    await films.delivered(film, file_id)
    return None


@dataclass
class FilmScreen:
    """The screen of film jobs: keeps the messages of films up to date, as often as the outbox allows for each chat."""

    services: Services
    films: FilmStore
    bot: Bot
    outbox: Outbox

    async def place(self, jobs: Sequence[Job]) -> None:
        """Do nothing: film jobs are not held until their message is known, so there is none to place."""

    async def changed(self, jobs: Sequence[Job]) -> None:
        """Schedule an update of the messages of films that have made progress."""
        for job in jobs:
            film = await self.films.film(job.subject, FilmKind(job.kind))
            if film is not None and film.chat_id is not None and film.message_id is not None:
                self.outbox.ask((film.chat_id, film.message_id), Rank.PROGRESS, partial(self._tell, film))

    async def show(self, job: Job) -> float | None:
        """Show how a film ended. Returns None, or the seconds after which it has to be tried again."""
        film = await self.films.film(job.subject, FilmKind(job.kind))
        if film is None:  # it was deleted with its expansion
            await self.films.over(job)
            return None
        if film.chat_id is None or film.message_id is None:
            return await self._nowhere_to_show(film, job)
        async with self.outbox.at_once((film.chat_id, film.message_id)):
            return await show_film(self.services, self.films, self.bot, film)

    async def _nowhere_to_show(self, film: Film, job: Job) -> float | None:
        """Settle a film that has no message.

        If the message may still be about to be sent and stored, return the seconds after which to look again.
        """
        if film.person_id is not None and job.ended_at is not None and now() - job.ended_at < PATIENCE:
            return LATER
        await self.films.delivered(film, None)
        return None

    async def _tell(self, film: Film) -> None:
        """Show the current progress of a film in its message."""
        fresh = await self.films.film(film.expansion_id, film.kind)
        if fresh is None or fresh.status.final or fresh.message_id is None:
            return
        say = await language_of(self.services, fresh)
        caption = await film_caption(self.films, self.services.shortage, say, fresh)
        await edit(self.bot.edit_message_caption(fresh.chat_id, fresh.message_id, caption=caption, parse_mode="HTML"))


async def _shown(services: Services, bot: Bot, film: Film) -> str | None:
    """Put a finished film, or an apology for a failed one, into its message. Returns Telegram's file id of the film."""
    expansion = await services.store.expansion(film.expansion_id)
    if expansion is None:
        return None
    if film.status is not Status.DONE:
        say = await language_of(services, film)
        tap = result.Film if film.kind is FilmKind.ZOOM else result.Loop
        again = InlineKeyboardMarkup([[button(say("end.again"), tap(expansion.id))]])
        sorry = say.html("film.failed")
        await edit(bot.edit_message_caption(film.chat_id, film.message_id, caption=sorry, reply_markup=again))
        return None
    return await _put_film(services, bot, film, expansion)


async def _put_film(services: Services, bot: Bot, film: Film, expansion: Expansion) -> str | None:
    """Turn the progress message into the film. If a person has deleted it, send a new message."""
    medium, where = film_of(services, film, expansion), (film.chat_id or 0, film.message_id or 0)
    shown = await put_picture(services, bot, where, medium)
    if shown is None:
        seats = Seat(where[0], film.thread_id).and_elsewhere(film.person_id)
        message, shown = await send_picture(bot, seats, medium)
        where = (message.chat.id, message.message_id)
        await remember(services, where, SHOWN_AS[film.kind], film.person_id, expansion.id)
    return shown.file_id
