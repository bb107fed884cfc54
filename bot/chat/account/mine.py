"""/mine: one message with a person's own expansions as a sheet of pictures, each a tap away from its own message."""

from __future__ import annotations

from bot.chat.buttons.mine import Newer, Older
from bot.chat.cards.mine import PAGE, mine_after, mine_before, mine_card, mine_sheet
from bot.chat.cards.widgets import private_chat_keyboard
from bot.chat.telegram.media import put_picture, remember, send_picture
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.expansions import Mine
from storage.models import MessageKind


async def mine(services: Services, visit: Visit) -> None:
    """Show the newest expansions. In a group, offer a link to the private chat instead, for privacy."""
    if not visit.private:
        await visit.reply("mine.private", markup=private_chat_keyboard(visit, "mine"))
        return
    page = await mine_before(services, visit.person.id)
    if not page.expansions:
        await visit.reply("mine.empty")
        return
    caption, markup = mine_card(visit.say, page)
    sent, _ = await send_picture(visit.bot, visit.seat.and_elsewhere(), mine_sheet(services, page), caption, markup)
    await remember(services, (sent.chat.id, sent.message_id), MessageKind.MINE, visit.person.id)


async def older(services: Services, visit: Visit, tap: Older) -> None:
    """Show the next older expansions."""
    await _turn(services, visit, await services.store.mine(visit.person.id, before_id=tap.expansion, limit=PAGE))


async def newer(services: Services, visit: Visit, tap: Newer) -> None:
    """Show the next newer expansions."""
    await _turn(services, visit, await mine_after(services, visit.person.id, tap.expansion))


async def show_mine(services: Services, visit: Visit, page: Mine) -> bool:
    """Put a page into the tapped message. Returns False if there is nothing to show."""
    if not page.expansions or visit.message is None:
        return False
    where = (visit.chat.id, visit.message.message_id)
    async with services.turns.drawing(where):
        await remember(services, where, MessageKind.MINE, visit.person.id)
        caption, markup = mine_card(visit.say, page)
        return await put_picture(services, visit.bot, where, mine_sheet(services, page), caption, markup) is not None


async def _turn(services: Services, visit: Visit, page: Mine) -> None:
    await (visit.toast_nothing() if await show_mine(services, visit, page) else visit.toast("mine.end"))
