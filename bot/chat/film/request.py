"""🎬 under a result: the film of its chain, or of one step as a loop; made once, then Telegram has it."""

from __future__ import annotations

from datetime import timedelta

from bot.chain import growth
from bot.chat.access import finished, live
from bot.chat.buttons.post import FilmOfPost
from bot.chat.buttons.result import Film, Loop
from bot.chat.cards.status import film_caption
from bot.chat.film.delivery import show_film
from bot.chat.telegram.media import SHOWN_AS, Seat, answer_with_picture, film_of, remember, send_picture
from bot.chat.telegram.visit import Visit, thread_of
from bot.services import Services
from storage.jobs.films import FilmStore, OneAtATime
from storage.models import Expansion, FilmKind, films, now

JUST = timedelta(seconds=10)  # a film sent this short a time ago is what a second tap means


async def film(services: Services, visit: Visit, tap: Film) -> None:
    """From the first photo outwards; of a single step, there and back."""
    if expansion := await finished(services, visit, tap.expansion, anyone=True):
        await _want(services, visit, expansion)


async def loop(services: Services, visit: Visit, tap: Loop) -> None:
    """Before and after of the last step."""
    if expansion := await finished(services, visit, tap.expansion, anyone=True):
        await _want(services, visit, expansion, FilmKind.LOOP)


async def of_post(services: Services, visit: Visit, tap: FilmOfPost) -> None:
    """The film of what hangs in the gallery, for anybody who looks at it."""
    if (post := await live(services, tap.post)) is None:
        await visit.toast("post.gone")
    else:
        await _want(services, visit, post.expansion)


def kinds_of(chain: list[Expansion]) -> list[FilmKind]:
    """The films that there can be of a chain, the longest first."""
    return [FilmKind.ZOOM, FilmKind.LOOP][-len(steps) :] if (steps := growth(chain)) else []


async def _want(services: Services, visit: Visit, expansion: Expansion, kind: FilmKind | None = None) -> None:
    """Send it when it is there, else see to it that it is made; without a kind, the longest that there can be."""
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
    """The message that will become the film; the row learns of it, and so does whoever makes it."""
    caption = await film_caption(store, visit.say, asked)
    sent = await answer_with_picture(services, visit, expansion, SHOWN_AS[asked.kind], caption, None)
    placed = await store.place(expansion.id, asked.kind, sent.message_id)
    if placed is not None and placed.status.final:  # meanwhile
        await show_film(services, store, visit.bot, placed)


async def _send(services: Services, visit: Visit, store: FilmStore, expansion: Expansion, made: films.Film) -> None:
    """A film that is there already, in a new message."""
    message, shown = await send_picture(visit.bot, Seat.of(visit), film_of(services, made, expansion))
    where = (visit.chat.id, message.message_id)
    await remember(services, where, SHOWN_AS[made.kind], visit.person.id, expansion.id)
    await store.delivered(made, shown.file_id)


async def _just_sent(services: Services, visit: Visit, expansion: Expansion, kind: FilmKind) -> bool:
    shown = await services.messages.showing(expansion.id)
    here = [m for m in shown if (m.chat_id, m.kind) == (visit.chat.id, SHOWN_AS[kind])]
    return bool(here) and now() - here[-1].sent_at < JUST
