"""🎬 under a result: the film of its chain, or of one step as a loop; made once, then Telegram has it."""

from __future__ import annotations

from io import BytesIO

import structlog
from telegram import Message
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot.chain import growth
from bot.chat.buttons import Film
from bot.chat.pictures import is_veiled, remember
from bot.chat.result import finished
from bot.chat.visit import Visit, answer_to, thread_of
from bot.films import FilmFailed, OneAtATime
from bot.services import Services
from storage.models import Expansion

log = structlog.get_logger()


async def film(services: Services, visit: Visit, tap: Film) -> None:
    """Send the film; one at a time for each person."""
    expansion = await finished(services, visit, tap.expansion, anyone=True)
    if expansion is None or expansion.result is None:
        return
    if services.films is None:
        await visit.toast("film.unavailable", alert=True)
        return
    if expansion.film_file_id is not None and await _send(services, visit, expansion, expansion.film_file_id):
        await visit.toast_nothing()
        return
    try:
        await visit.toast("film.coming")
        await visit.bot.send_chat_action(visit.chat.id, ChatAction.UPLOAD_VIDEO)
        steps = [grown.margins for grown in growth(await services.store.ancestry(expansion.id))]
        movie = await services.films.make(visit.person.id, await services.blobs.get(expansion.result.blob), steps)
    except OneAtATime:
        await visit.reply("film.one_at_a_time")
    except FilmFailed as error:
        log.warning("film.failed", expansion=expansion.id, reason=str(error))
        await visit.reply("film.failed")
    else:
        await _send(services, visit, expansion, movie)


async def _send(services: Services, visit: Visit, expansion: Expansion, movie: str | bytes) -> Message | None:
    """None when Telegram does not know the file any more."""
    try:
        sent = await visit.bot.send_animation(
            visit.chat.id,
            movie if isinstance(movie, str) else BytesIO(movie),
            filename=None if isinstance(movie, str) else f"kuotu-{expansion.id}.mp4",
            has_spoiler=is_veiled(expansion),
            message_thread_id=thread_of(visit.message),
            reply_parameters=answer_to(visit.message),
        )
    except BadRequest as error:
        if isinstance(movie, bytes) or "file" not in error.message.lower():
            raise
        return None
    await remember(services, (visit.chat.id, sent.message_id), "film", visit.person.id, expansion.id)
    file = sent.animation or sent.video or sent.document
    if file is not None:
        await services.store.remember_film(expansion.id, file.file_id)
    return sent
