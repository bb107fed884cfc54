"""Handles 🎬: a film of a whole chain, or a loop of one step. It is made once, then sent again by its file id."""

from __future__ import annotations

from datetime import timedelta

from bot.chain import growth
from bot.chat.access import finished, live
from bot.chat.buttons.post import FilmOfPost
from bot.chat.buttons.result import Film, Loop
from bot.chat.cards.status import film_caption
from bot.chat.film.delivery import show_film
from bot.chat.telegram.media import SHOWN_AS, answer_with_picture, film_of, remember, send_picture
from bot.chat.telegram.seat import thread_of
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.jobs.films import FilmStore, OneAtATime
from storage.models import Expansion, FilmKind, films, now

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
        await _announce(services, visit, services.films, expansion, asked)
    elif asked.message_id is not None:
        job = await services.films.job(asked)
        await visit.toast("film.in_the_making", percent=round(job.progress * 100) if job is not None else 100)
    elif await _just_sent(services, visit, expansion, kind):
        await visit.toast("film.here")
    else:
        await visit.toast_nothing()
        await _send(services, visit, services.films, expansion, asked)


async def _announce(
    services: Services, visit: Visit, store: FilmStore, expansion: Expansion, asked: films.Film
) -> None:
    """Send the message that will become the film, and store its id in the row."""
    caption = await film_caption(store, visit.say, asked)
    sent = await answer_with_picture(services, visit, expansion, SHOWN_AS[asked.kind], caption, None)
    placed = await store.place(expansion.id, asked.kind, sent.message_id)
    if placed is not None and placed.status.final:  # it has ended in the meantime
        await show_film(services, store, visit.bot, placed)


async def _send(services: Services, visit: Visit, store: FilmStore, expansion: Expansion, made: films.Film) -> None:
    """Send an existing film in a new message."""
    seats = visit.seat.and_elsewhere(visit.person.id)
    message, shown = await send_picture(visit.bot, seats, film_of(services, made, expansion))
    where = (message.chat.id, message.message_id)
    await remember(services, where, SHOWN_AS[made.kind], visit.person.id, expansion.id)
    await store.delivered(made, shown.file_id)


async def _just_sent(services: Services, visit: Visit, expansion: Expansion, kind: FilmKind) -> bool:
    """Return whether the film was sent to this chat a moment ago."""
    shown = await services.messages.showing(expansion.id)
    here = [m for m in shown if (m.chat_id, m.kind) == (visit.chat.id, SHOWN_AS[kind])]
    return bool(here) and now() - here[-1].sent_at < JUST
