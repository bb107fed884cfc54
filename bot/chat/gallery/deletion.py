"""Deletes a person's own expansion, after a confirmation, together with every message that shows it to them."""

from __future__ import annotations

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.chat.access import finished
from bot.chat.account.mine import show_mine
from bot.chat.buttons.result import Delete, Keep, ReallyDelete
from bot.chat.cards.journey import made_card
from bot.chat.cards.mine import mine_before
from bot.chat.cards.widgets import button, language_of
from bot.chat.gallery.guests import call_back
from bot.chat.gallery.redraw import redraw
from bot.chat.telegram.edits import edit, retract
from bot.chat.telegram.media import put_picture
from bot.chat.telegram.outcome import fate_of
from bot.chat.telegram.visit import Bot, Visit
from bot.services import Services
from storage.models import Expansion, Message, MessageKind, Status

log = structlog.get_logger()


async def ask_delete(services: Services, visit: Visit, tap: Delete) -> None:
    """Replace the buttons of a result by the question whether to delete it."""
    expansion = await finished(services, visit, tap.expansion)
    if expansion is None or visit.message is None:
        return
    await visit.toast_nothing()
    say = visit.say
    row = [
        button(say("delete.yes"), ReallyDelete(expansion.id), style="danger"),
        button(say("delete.no"), Keep(expansion.id)),
    ]
    await edit(visit.message.edit_reply_markup(InlineKeyboardMarkup([row])))


async def really_delete(services: Services, visit: Visit, tap: ReallyDelete) -> None:
    """Delete an expansion: its messages, post, row and blobs.

    Messages go first, so that after a crash the repeated tap finds what is left. Expansions that continue from this one
    have their own masters and stay.
    """
    expansion = await finished(services, visit, tap.expansion)
    if expansion is None or visit.message is None:
        return
    await call_back(services, visit.bot, expansion.id)
    here = (visit.chat.id, visit.message.message_id)
    shown = await _shown(services, expansion.id)
    await _out_of_sheet(services, visit.bot, expansion)
    turning = [m for m in shown if m.kind is MessageKind.MINE and (m.chat_id, m.message_id) == here]
    await _take_back(services, visit.bot, [m for m in shown if m not in turning])
    await _delete(services, expansion.id)
    await visit.toast("delete.done")
    if turning and not await show_mine(services, visit, await mine_before(services, visit.person.id, expansion.id)):
        await _take_back(services, visit.bot, turning)


async def delete_everywhere(services: Services, bot: Bot, expansion_id: int) -> None:
    """Delete an expansion, its post and every message of the bot that shows it."""
    await call_back(services, bot, expansion_id)
    if (expansion := await services.store.expansion(expansion_id)) is not None:
        await _out_of_sheet(services, bot, expansion)
    await _take_back(services, bot, await _shown(services, expansion_id))
    await _delete(services, expansion_id)


async def _out_of_sheet(services: Services, bot: Bot, expansion: Expansion) -> None:
    """Take an expansion out of the message that shows all that its start has made. An empty one is deleted.

    While something is still being made, the next delivery does that.
    """
    where = (expansion.chat_id, expansion.message_id or 0)
    sheet = await services.messages.message(*where) if expansion.batch else None
    if sheet is None or sheet.kind is not MessageKind.SHEET:
        return
    rest = [one for one in await services.store.batch(expansion.batch or "") if one.id != expansion.id]
    made = [one for one in rest if one.status is Status.DONE]
    if any(one.status.live for one in rest):
        return
    if not made:
        await _take_back(services, bot, [sheet])
        return
    medium, caption, markup = made_card(services, await language_of(services, expansion), made)
    async with services.turns.drawing(where):
        try:
            await put_picture(services, bot, where, medium, caption, markup)
        except TelegramError as error:
            if fate_of(error).passes:
                raise
            log.info("sheet.not_redrawn", message=where, reason=str(error))


async def _shown(services: Services, expansion_id: int) -> list[Message]:
    """Return the messages that show an expansion, and its author's pages of /mine, because it may be among them."""
    expansion = await services.store.expansion(expansion_id)
    pages = await services.messages.pages(expansion.person_id) if expansion is not None else []
    shown = [m for m in await services.messages.showing(expansion_id) if m.kind.leaves_with_expansion]
    return shown + [page for page in pages if page.expansion_id is None]


async def _delete(services: Services, expansion_id: int) -> None:
    """Delete the rows of an expansion. Its blobs follow."""
    await services.store.delete_expansion(expansion_id)
    await services.rounds.caught_up()


async def _take_back(services: Services, bot: Bot, shown: list[Message]) -> None:
    await retract(bot, shown)
    for message in shown:
        await services.messages.forget(message.chat_id, message.message_id)


async def keep(services: Services, visit: Visit, tap: Keep) -> None:
    """Restore the buttons of a result when the person chooses not to delete it."""
    if await finished(services, visit, tap.expansion) and visit.message is not None:
        await visit.toast_nothing()
        where = (visit.chat.id, visit.message.message_id)
        async with services.turns.drawing(where):
            await redraw(services, visit.bot, where)
