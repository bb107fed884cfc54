"""The card of a person's own expansion: its caption and its buttons."""

from __future__ import annotations

from telegram import InlineKeyboardMarkup

from bot.chat.buttons.mine import Newer, Older
from bot.chat.buttons.result import Delete, FullSize, PickVariant, Publish, ZoomOut
from bot.chat.cards.result import is_live, result_caption
from bot.chat.cards.widgets import button
from bot.chat.signs import Sign
from bot.chat.texts import Texts
from bot.services import Services
from storage.expansions import Mine


async def mine_at(services: Services, person_id: int, expansion_id: int) -> Mine:
    """Return the page with this expansion, or with its neighbour if it was deleted."""
    page = await services.store.mine(person_id, before_id=expansion_id + 1)
    return page if page.expansions else await services.store.mine(person_id)


async def mine_card(services: Services, say: Texts, page: Mine) -> tuple[str, InlineKeyboardMarkup]:
    """Return the caption and the buttons of a page."""
    expansion = page.expansions[0]
    number, counts = expansion.id, await services.gallery.counts(expansion.id)
    votes = "  ".join(f"{feeling.value} {count}" for feeling, count in counts.items() if count)
    lines = [await result_caption(services, say, expansion), *([votes] if votes else [])]
    published = is_live(await services.gallery.post_of(number))
    turns = [
        *([button(Sign.PREVIOUS, Newer(number))] if page.newer else []),
        *([button(Sign.NEXT, Older(number))] if page.older else []),
    ]
    rows = [
        turns,
        [
            button(say("mine.open"), PickVariant(number)),
            button(say("result.further"), ZoomOut(number, expansion.rerolls)),
        ],
        [
            button(say("result.retitle" if published else "result.publish"), Publish(number)),
            button(say("result.full"), FullSize(number)),
            button(say("result.delete"), Delete(number)),
        ],
    ]
    lines.append(say.html("mine.count", count=page.count))
    return "\n".join(lines), InlineKeyboardMarkup([row for row in rows if row])
