"""Where a film is waited for: its message tells how far it is, then becomes the film."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.chat.buttons import result
from bot.chat.cards.status import film_caption
from bot.chat.cards.widgets import button, language_of
from bot.chat.expand.progress import GROUP_PACE
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import put_animation
from bot.chat.telegram.visit import Bot
from bot.services import Services
from storage.jobs.films import FilmStore
from storage.models import Film, FilmKind, Status

log = structlog.get_logger()

PRIVATE_PACE = 2.0  # seconds between edits in one chat; in a group, as the status messages do
TOLD = 8  # of those who wait are told when the queue moves: the next ones


async def show_film(services: Services, films: FilmStore, bot: Bot, film: Film) -> bool:
    """Put what has ended into its message: doing it twice changes nothing. False when it must be tried again later."""
    file_id = None
    try:
        if film.person_id is not None:  # else whoever waited for it is forgotten
            file_id = await _shown(services, bot, film)
    except Forbidden as refusal:
        log.info("film.refused", chat=film.chat_id, reason=str(refusal))
        await services.people.chat_gone(film.chat_id or 0)
    except ChatMigrated as moved:
        await services.people.migrate_chat(film.chat_id or 0, moved.new_chat_id)
        return False
    except (BadRequest, FileNotFoundError) as error:
        log.error("film.given_up", expansion=film.expansion_id, reason=str(error))
    except TelegramError as error:
        log.warning("film.postponed", expansion=film.expansion_id, reason=str(error))
        return False
    await films.delivered(film, file_id)
    return True


@dataclass
class FilmScreen:
    """Keeps the messages of films true: one edit at a time, at the chat's pace; late ones are dropped."""

    services: Services
    films: FilmStore
    bot: Bot
    private_pace: float = PRIVATE_PACE
    group_pace: float = GROUP_PACE
    _edit: asyncio.Task[None] | None = field(default=None, init=False)
    _last: float = field(default=float("-inf"), init=False)

    def progressed(self, film: Film, fraction: float) -> None:
        now = asyncio.get_running_loop().time()
        pace = self.group_pace if (film.chat_id or 1) < 0 else self.private_pace
        if (self._edit is None or self._edit.done()) and now - self._last >= pace:
            self._last = now
            self._edit = asyncio.create_task(self._tell(film, fraction))

    async def moved(self) -> None:
        """A film is begun: whoever is next has a new place."""
        self._last = asyncio.get_running_loop().time()
        await asyncio.gather(*(self._tell(film) for film in await self.films.waiting(TOLD)))

    async def show(self, film: Film) -> bool:
        if self._edit is not None:
            await asyncio.wait({self._edit})
        return await show_film(self.services, self.films, self.bot, film)

    async def close(self) -> None:
        if self._edit is not None:
            self._edit.cancel()
            await asyncio.wait({self._edit})

    async def _tell(self, film: Film, fraction: float | None = None) -> None:
        """Say how it goes, as it is by now; it may have been asked for only after it was begun."""
        fresh = await self.films.film(film.expansion_id, film.kind)
        if fresh is None or fresh.status.final or fresh.message_id is None:
            return
        fresh.progress = fresh.progress if fraction is None else fraction
        caption = await film_caption(self.films, await language_of(self.services, fresh), fresh)
        try:
            await edit(
                self.bot.edit_message_caption(fresh.chat_id, fresh.message_id, caption=caption, parse_mode="HTML")
            )
        except TelegramError as error:
            log.info("film.progress_dropped", expansion=film.expansion_id, reason=str(error))


async def _shown(services: Services, bot: Bot, film: Film) -> str | None:
    """The film in its message, or an apology; Telegram's file id of the film."""
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
    return await put_animation(services, bot, film, expansion)
