"""The card of a page of a person's own expansions: a sheet of numbered pictures, a button for each, and a caption."""

from __future__ import annotations

import asyncio
from functools import partial

from telegram import InlineKeyboardMarkup

from bot.chat.buttons.mine import Newer, Older
from bot.chat.buttons.result import PickVariant
from bot.chat.cards.preview import contact_sheet
from bot.chat.cards.widgets import button
from bot.chat.signs import Sign
from bot.chat.telegram.media import Medium, is_veiled
from bot.chat.texts import Texts
from bot.services import Services
from storage.expansions import Mine

PAGE = 6  # pictures


async def mine_before(services: Services, person_id: int, expansion_id: int | None = None) -> Mine:
    """Return the page of what is older than an expansion, or the newest page if there is none."""
    page = await services.store.mine(person_id, before_id=expansion_id, limit=PAGE)
    return page if page.expansions else await services.store.mine(person_id, limit=PAGE)


async def mine_after(services: Services, person_id: int, expansion_id: int) -> Mine:
    """Return the page of what is newer than an expansion: the newest page if there is no other, so that it is full."""
    page = await services.store.mine(person_id, after_id=expansion_id, limit=PAGE)
    return page if page.newer or not page.expansions else await services.store.mine(person_id, limit=PAGE)


def mine_card(say: Texts, page: Mine) -> tuple[str, InlineKeyboardMarkup]:
    """Return the caption and the buttons of a page, which is not empty."""
    numbers = [button(str(number), PickVariant(one.id)) for number, one in enumerate(page.expansions, 1)]
    turns = [
        *([button(Sign.PREVIOUS, Newer(page.expansions[0].id))] if page.newer else []),
        *([button(Sign.NEXT, Older(page.expansions[-1].id))] if page.older else []),
    ]
    caption = f"{say.html('mine.count', count=page.count)}\n{say('mine.pick')}"
    return caption, InlineKeyboardMarkup([row for row in (numbers, turns) if row])


def mine_sheet(services: Services, page: Mine) -> Medium:
    """Return the pictures of a page as one, under a spoiler if one of them is."""
    return Medium(partial(_sheet, services, page), spoiler=any(map(is_veiled, page.expansions)))


async def _sheet(services: Services, page: Mine) -> bytes:
    thumbs = [one.result.thumb for one in page.expansions if one.result is not None]
    return await asyncio.to_thread(contact_sheet, await asyncio.gather(*map(services.blobs.get, thumbs)))
