"""/mine: one message in which a person pages through their own expansions, published or not."""

from __future__ import annotations

from bot.chat.buttons.mine import Newer, Older
from bot.chat.cards.mine import mine_card
from bot.chat.cards.widgets import private_chat_keyboard
from bot.chat.telegram.media import answer_with_picture, picture_of, put_picture, remember
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.expansions import Mine
from storage.models import MessageKind


async def mine(services: Services, visit: Visit) -> None:
    """Show the newest expansion. In a group, offer a link to the private chat instead, for privacy."""
    if not visit.private:
        await visit.reply("mine.private", markup=private_chat_keyboard(visit, "mine"))
        return
    page = await services.store.mine(visit.person.id)
    if not page.expansions:
        await visit.reply("mine.empty")
        return
    caption, markup = await mine_card(services, visit.say, page)
    await answer_with_picture(services, visit, page.expansions[0], MessageKind.MINE, caption, markup)


async def older(services: Services, visit: Visit, tap: Older) -> None:
    """Show the next older expansion."""
    await _turn(services, visit, await services.store.mine(visit.person.id, before_id=tap.expansion))


async def newer(services: Services, visit: Visit, tap: Newer) -> None:
    """Show the next newer expansion."""
    await _turn(services, visit, await services.store.mine(visit.person.id, after_id=tap.expansion))


async def show_mine(services: Services, visit: Visit, page: Mine) -> bool:
    """Put a page into the tapped message. Returns False if there is nothing to show."""
    if not page.expansions or visit.message is None:
        return False
    where = (visit.chat.id, visit.message.message_id)
    async with services.turns.drawing(where):
        await remember(services, where, MessageKind.MINE, visit.person.id, page.expansions[0].id)
        caption, markup = await mine_card(services, visit.say, page)
        medium = picture_of(services, page.expansions[0])
        return await put_picture(services, visit.bot, where, medium, caption, markup) is not None


async def _turn(services: Services, visit: Visit, page: Mine) -> None:
    await (visit.toast_nothing() if await show_mine(services, visit, page) else visit.toast("mine.end"))
