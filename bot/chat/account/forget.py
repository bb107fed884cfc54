"""/forget: after a confirmation, deletes everything of a person, in the database and in chats."""

from __future__ import annotations

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.chat.buttons.forget import ForgetMe, RememberMe
from bot.chat.cards.widgets import button
from bot.chat.expand.cancel import cancel_all
from bot.chat.telegram.edits import Retracted, edit, retract
from bot.chat.telegram.menu import set_menu_in
from bot.chat.telegram.visit import Bot, Visit
from bot.chat.texts import Texts, best_language, texts
from bot.services import Services
from storage.models import Expansion
from storage.people.erasure import Forgotten

log = structlog.get_logger()


async def forget(services: Services, visit: Visit) -> None:
    """Explain what would be deleted, and ask for confirmation."""
    row = [
        button(visit.say("forget.yes"), ForgetMe(visit.person.id), style="danger"),
        button(visit.say("forget.no"), RememberMe(visit.person.id)),
    ]
    await visit.reply("forget.ask", markup=InlineKeyboardMarkup([row]))


async def remember_me(services: Services, visit: Visit, tap: RememberMe) -> None:
    """Cancel the deletion."""
    if await _is_own(visit, tap):
        await visit.toast_nothing()
        await _say(visit, visit.say("forget.kept"))


async def forget_me(services: Services, visit: Visit, tap: ForgetMe) -> None:
    """Delete a person. Messages go first and rows last, so that after a crash the same tap finds what is left."""
    if not await _is_own(visit, tap):
        return
    await visit.toast("forget.busy")
    await _say(visit, visit.say("forget.busy"))
    await cancel_all(services, await services.store.live(visit.person.id))
    planned = await services.people.forget(visit.person.id, rehearse=True)
    taken = await retract(visit.bot, planned.messages)
    if visit.person.id > 0:  # channels have no menu
        await set_menu_in(visit.bot, visit.person.id, None)
    forgotten = await services.people.forget(visit.person.id)
    await finish(services, visit.bot, planned, forgotten, "forget.others")
    await services.rounds.caught_up()
    await _say(visit, "\n\n".join(_report(visit.say, taken)))


async def finish(services: Services, bot: Bot, planned: Forgotten, forgotten: Forgotten, told: str) -> None:
    """Delete what was added meanwhile, cancel running jobs, and tell the authors of deleted expansions.

    `told` is the key of what they are told.
    """
    known = {(message.chat_id, message.message_id) for message in planned.messages}
    await retract(bot, [m for m in forgotten.messages if (m.chat_id, m.message_id) not in known])
    for expansion_id in forgotten.running:
        await services.queue.cancel(expansion_id)  # the row is deleted, so only this notice reaches the worker
    for author, expansions in forgotten.others.items():
        await _notify(services, bot, author, expansions, told)


async def _notify(services: Services, bot: Bot, author: int, expansions: list[Expansion], told: str) -> None:
    """Notify an author in private, or if that fails in the chat where the last expansion was made."""
    person = await services.people.person(author)
    say = texts(best_language([person.language, person.language_code] if person else []))
    for chat in dict.fromkeys((author, expansions[-1].chat_id)):
        try:
            await bot.send_message(chat, say.html(told, count=len(expansions)))
        except TelegramError as error:
            log.info("forget.untold", chat=chat, reason=str(error))
        else:
            return


def _report(say: Texts, taken: Retracted) -> list[str]:
    return [
        say("forget.done"),
        *([say("forget.deleted", count=taken.deleted)] if taken.deleted else []),
        *([say("forget.old", count=taken.stripped)] if taken.stripped else []),
        say("forget.remains"),
    ]


async def _is_own(visit: Visit, tap: ForgetMe | RememberMe) -> bool:
    if tap.person == visit.person.id:
        return True
    await visit.toast("forget.not_yours")
    return False


async def _say(visit: Visit, text: str) -> None:
    """Replace the text of the question."""
    if visit.message is not None:
        await edit(visit.message.edit_text(text))
