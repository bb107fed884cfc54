"""Handles 🎬: a film of a whole chain, or a loop of one step. It is made once, then sent again by its file id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from telegram import ReplyParameters

from bot.chain import growth
from bot.chat.access import finished, live
from bot.chat.buttons.post import FilmOfPost
from bot.chat.buttons.result import Film, Loop
from bot.chat.cards.status import film_caption
from bot.chat.cards.widgets import language_of
from bot.chat.film.delivery import show_film
from bot.chat.telegram.media import SHOWN_AS, film_of, picture_of, remember, send_picture
from bot.chat.telegram.seat import Seat, thread_of
from bot.chat.telegram.visit import Bot, Visit
from bot.chat.texts import Texts
from bot.services import Services
from storage.jobs.films import FilmStore, OneAtATime
from storage.models import Expansion, FilmKind, Status, films, now

JUST = timedelta(seconds=10)  # a second tap within this time does not send the film again


async def film(services: Services, visit: Visit, tap: Film) -> None:
    """Make or send the film of a chain, from the first photo outwards. A single step gives a loop."""
    if expansion := await finished(services, visit, tap.expansion, anyone=True):
        await _want(services, visit, expansion)


async def loop(services: Services, visit: Visit, tap: Loop) -> None:
    """Make or send the loop of the last step: before, after, before."""
    if expansion := await finished(services, visit, tap.expansion, anyone=True):
        await _want(services, visit, expansion, FilmKind.LOOP)


async def of_post(services: Services, visit: Visit, tap: FilmOfPost) -> None:
    """Make or send the film of a gallery post, for anybody who can see the post."""
    if (post := await live(services, tap.post)) is None:
        await visit.toast("post.gone")
    else:
        await _want(services, visit, post.expansion)


def kinds_of(chain: list[Expansion]) -> list[FilmKind]:
    """Return the kinds of film that a chain allows, the longest first."""
    return [FilmKind.ZOOM, FilmKind.LOOP][-len(steps) :] if (steps := growth(chain)) else []


async def _want(services: Services, visit: Visit, expansion: Expansion, kind: FilmKind | None = None) -> None:
    """Send a film if it exists, else request it. Without a kind, the longest possible one is meant."""
    if services.films is None:
        await visit.toast("film.unavailable", alert=True)
        return
    kinds = kinds_of(await services.store.ancestry(expansion.id))
    if not kinds:
        await visit.toast("tap.gone")
        return
    kind = kind or kinds[0]
    where = (visit.person.id, visit.chat.id, thread_of(visit.message))
    try:
        asked, ours = await services.films.claim(expansion.id, kind, *where)
    except OneAtATime:
        await visit.toast("film.one_at_a_time", alert=True)
        return
    if ours:
        await visit.toast("film.coming")
        await _announce(services, visit.bot, visit.say, visit.seat.and_elsewhere(visit.person.id), expansion, asked)
    elif asked.message_id is not None:
        job = await services.films.job(asked)
        await visit.toast("film.in_the_making", percent=round(job.progress * 100) if job is not None else 100)
    elif await _just_sent(services, visit, expansion, kind):
        await visit.toast("film.here")
    else:
        await visit.toast_nothing()
        seats = visit.seat.and_elsewhere(visit.person.id)
        await _send(services, visit.bot, seats, expansion, asked, visit.person.id)


async def film_of_steps(services: Services, bot: Bot, last: Expansion) -> None:
    """Send the film of a chain to where its last step was asked for. Repeating it sends no second one.

    If nobody knows whether the message arrived, the film is made all the same, and can be asked for again.
    """
    kinds = kinds_of(await services.store.ancestry(last.id))
    sent = any(m.kind.is_film and m.chat_id == last.chat_id for m in await services.messages.showing(last.id))
    if services.films is None or not kinds or sent:
        return
    where = (last.person_id, last.chat_id, last.thread_id)
    asked, ours = await services.films.claim(last.id, kinds[0], *where, beside=True)
    answer = ReplyParameters(last.message_id, allow_sending_without_reply=True) if last.message_id else None
    seats = Seat(last.chat_id, last.thread_id, answer).and_elsewhere(last.person_id)
    if ours:
        await _announce(services, bot, await language_of(services, last), seats, last, asked)
    elif asked.status is Status.DONE and asked.message_id is None:
        await _send(services, bot, seats, last, asked, last.person_id)


async def _announce(
    services: Services, bot: Bot, say: Texts, seats: Sequence[Seat], expansion: Expansion, asked: films.Film
) -> None:
    """Send the message that will become the film, and store its id in the row."""
    store = _store(services)
    caption = await film_caption(store, services.shortage, say, asked)
    sent, _ = await send_picture(bot, seats, picture_of(services, expansion), caption)
    where = (sent.chat.id, sent.message_id)
    await remember(services, where, SHOWN_AS[asked.kind], asked.person_id, expansion.id)
    placed = await store.place(expansion.id, asked.kind, sent.message_id, sent.chat.id, thread_of(sent))
    if placed is not None and placed.status.final:  # it has ended in the meantime
        await show_film(services, store, bot, placed)


async def _send(
    services: Services, bot: Bot, seats: Sequence[Seat], expansion: Expansion, made: films.Film, person_id: int
) -> None:
    """Send an existing film in a new message."""
    message, shown = await send_picture(bot, seats, film_of(services, made, expansion))
    where = (message.chat.id, message.message_id)
    await remember(services, where, SHOWN_AS[made.kind], person_id, expansion.id)
    await _store(services).delivered(made, shown.file_id)


def _store(services: Services) -> FilmStore:
    assert services.films is not None  # nobody asks for a film where none can be made
    return services.films


async def _just_sent(services: Services, visit: Visit, expansion: Expansion, kind: FilmKind) -> bool:
    """Return whether the film was sent to this chat a moment ago."""
    shown = await services.messages.showing(expansion.id)
    here = [m for m in shown if (m.chat_id, m.kind) == (visit.chat.id, SHOWN_AS[kind])]
    return bool(here) and now() - here[-1].sent_at < JUST
