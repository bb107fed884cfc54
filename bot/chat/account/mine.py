"""/mine: one message that pages through one's own expansions, published or not."""

from __future__ import annotations

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons.mine import Newer, Older
from bot.chat.buttons.result import Delete, FullSize, Further, PickVariant, Publish
from bot.chat.expand.panel import button
from bot.chat.expand.result import is_live, result_caption
from bot.chat.telegram.media import put_picture, remember, send_picture
from bot.chat.telegram.visit import Visit
from bot.chat.texts import Texts
from bot.services import Services
from storage.expansions import Mine


async def mine(services: Services, visit: Visit) -> None:
    """The newest; in a group nobody's pictures are shown round, so it points to the private chat."""
    if not visit.private:
        await visit.reply("mine.private", markup=way_here(visit, "mine"))
        return
    page = await services.store.mine(visit.person.id)
    if not page.expansions:
        await visit.reply("mine.empty")
        return
    caption, markup = await mine_card(services, visit.say, page)
    await send_picture(services, visit, page.expansions[0], "mine", caption, markup)


async def older(services: Services, visit: Visit, tap: Older) -> None:
    await _turn(services, visit, await services.store.mine(visit.person.id, before_id=tap.expansion))


async def newer(services: Services, visit: Visit, tap: Newer) -> None:
    await _turn(services, visit, await services.store.mine(visit.person.id, after_id=tap.expansion))


async def mine_at(services: Services, person_id: int, expansion_id: int) -> Mine:
    """The page with this expansion; when it is gone, its neighbour's."""
    page = await services.store.mine(person_id, before_id=expansion_id + 1)
    return page if page.expansions else await services.store.mine(person_id)


async def mine_card(services: Services, say: Texts, page: Mine) -> tuple[str, InlineKeyboardMarkup]:
    expansion = page.expansions[0]
    number, counts = expansion.id, await services.gallery.counts(expansion.id)
    votes = "  ".join(f"{feeling.value} {count}" for feeling, count in counts.items() if count)
    lines = [await result_caption(services, say, expansion), *([votes] if votes else [])]
    published = is_live(await services.gallery.post_of(number))
    turns = [
        *([button("◀", Newer(number))] if page.newer else []),
        *([button("▶", Older(number))] if page.older else []),
    ]
    rows = [
        turns,
        [button(say("mine.open"), PickVariant(number)), button(say("result.further"), Further(number))],
        [
            button(say("result.retitle" if published else "result.publish"), Publish(number)),
            button(say("result.full"), FullSize(number)),
            button(say("result.delete"), Delete(number)),
        ],
    ]
    lines.append(say.html("mine.count", count=page.count))
    return "\n".join(lines), InlineKeyboardMarkup([row for row in rows if row])


def way_here(visit: Visit, payload: str) -> InlineKeyboardMarkup:
    """A button that leads to the private chat and does there what was asked here."""
    url = f"https://t.me/{visit.bot.username}?start={payload}"
    return InlineKeyboardMarkup([[InlineKeyboardButton(visit.say("mine.our_chat"), url=url)]])


async def show_mine(services: Services, visit: Visit, page: Mine) -> bool:
    """Put a page into the message that was tapped; False when there is nothing to show."""
    if not page.expansions or visit.message is None:
        return False
    where = (visit.chat.id, visit.message.message_id)
    async with services.hand_on(where):
        await remember(services, where, "mine", visit.person.id, page.expansions[0].id)
        caption, markup = await mine_card(services, visit.say, page)
        return await put_picture(services, visit, where, page.expansions[0], caption, markup)


async def _turn(services: Services, visit: Visit, page: Mine) -> None:
    await (visit.toast_nothing() if await show_mine(services, visit, page) else visit.toast("mine.end"))
