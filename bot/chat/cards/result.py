"""The card of a finished expansion: its caption and its usual buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ChatType

from bot.chain import growth
from bot.chat.buttons.base import Tap
from bot.chat.buttons.result import (
    Double,
    ExpandYours,
    Film,
    FullSize,
    InStyle,
    Journey,
    Loop,
    Publish,
    Reroll,
    ShowAfter,
    ShowBefore,
    Tools,
    Variants,
    ZoomOut,
)
from bot.chat.cards.lines import (
    anonymous_counts,
    anonymous_lines,
    credit_lines,
    detail_lines,
    drawn_lines,
    label_lines,
    reaction_row,
)
from bot.chat.cards.links import send_button
from bot.chat.cards.preview import canvas_preview
from bot.chat.cards.widgets import button, described, style_name
from bot.chat.signs import Sign
from bot.chat.telegram.media import Medium, is_veiled
from bot.chat.telegram.visit import Bot
from bot.chat.texts import Texts
from bot.services import Services
from inference.canvas import Extent, Margins
from inference.engine import Style
from inference.quality.retry import UNFIT
from storage.models import Expansion, Post, PostStatus, Status

Card: TypeAlias = tuple[str, InlineKeyboardMarkup]
"""The caption and the buttons of a message."""


@dataclass(frozen=True)
class Facts:
    """What a card tells of an expansion besides its row.

    It is its post if it has one, its chain from the root on, and the counts of the channels that show it.
    """

    post: Post | None
    chain: Sequence[Expansion]
    anonymous: str

    @classmethod
    async def of(cls, services: Services, expansion: Expansion) -> Facts:
        """Read them."""
        return cls(
            *await asyncio.gather(
                services.gallery.post_of(expansion.id),
                services.store.ancestry(expansion.id),
                anonymous_counts(services, expansion.id, outside=expansion.chat_id),
            )
        )

    @property
    def live_post(self) -> Post | None:
        """The post, if it is in the gallery."""
        return self.post if self.post is not None and self.post.status is PostStatus.LIVE else None


async def result_card(
    services: Services, say: Texts, bot: Bot, expansion: Expansion, chat_id: int, *, before: bool = False
) -> Card:
    """Return the caption and the usual buttons of a result in a chat."""
    facts = await Facts.of(services, expansion)
    caption = await result_caption(services, say, expansion, facts)
    return caption, await _keyboard(services, say, bot, expansion, facts, chat_id, before=before)


async def result_caption(
    services: Services, say: Texts, expansion: Expansion, facts: Facts, *, details: bool = False
) -> str:
    """Return the caption: the title if any, the choices, and with `details` what few people want to know."""
    post, chain = facts.post, facts.chain
    lines = [
        *([say.html("post.title", title=post.title)] if post and post.title else []),
        say.html("result.caption", choice=described(say, expansion)),
        *drawn_lines(say, expansion),
        *_engine_lines(say, expansion),
        *(detail_lines(say, expansion, chain) if details else []),
        *await credit_lines(services, say, chain),
        *anonymous_lines(say, facts.anonymous),
        *([say.html("result.published"), *await label_lines(services, say, expansion)] if facts.live_post else []),
        *([say.html("result.veiled")] if is_veiled(expansion) else []),
    ]
    return "\n".join(lines)


def _engine_lines(say: Texts, expansion: Expansion) -> list[str]:
    """Return the line that says that another engine painted than the person chose, if so."""
    chosen = expansion.chosen_engine
    if not chosen or expansion.doubles or chosen in (expansion.engine, expansion.model):
        return []
    return [say.html("result.other_engine", engine=expansion.model or expansion.engine, chosen=chosen)]


async def _keyboard(
    services: Services, say: Texts, bot: Bot, expansion: Expansion, facts: Facts, chat_id: int, *, before: bool
) -> InlineKeyboardMarkup:
    """Return the usual buttons of a result. The less common ones are behind ⋯.

    Readers of a channel cannot use what its administrators can, so there the buttons are those that anybody may tap. In
    a group the same holds, and ⋯ has the buttons of the person who made it.
    """
    number = expansion.id
    chat = await services.people.chat(chat_id) if chat_id < 0 else None  # a private chat has the id of its person
    share = [send_button(say, bot, post)] if (post := facts.live_post) else []
    more = button(Sign.MORE, Tools(number, 1))
    reactions = [] if chat is None and not share else reaction_row(number, await services.gallery.counts(number))
    if chat is not None and chat.kind == ChatType.CHANNEL:
        return InlineKeyboardMarkup([reactions, [button(say("result.yours"), ExpandYours(number))]])
    if chat is not None:
        look = [flip_button(say, number, before=before), *film_buttons(services, say, expansion, facts)[:1]]
        rows = [reactions, look, [download_button(say, number), *share, more]]
    else:
        publish = share or [button(say("result.publish"), Publish(number))]
        after = [flip_button(say, number, before=True)] if before else []
        rows = [reactions, after, *onward_rows(say, expansion), [*publish, more]]
    return InlineKeyboardMarkup([row for row in rows if row])


def onward_rows(say: Texts, expansion: Expansion) -> list[list[InlineKeyboardButton]]:
    """Return the buttons that start from a result. A doubled one is not made again, because nothing would change."""
    number, rerolls = expansion.id, expansion.rerolls
    again = [
        button(say("result.reroll"), Reroll(number, rerolls)),
        button(say("result.variants"), Variants(number, rerolls)),
    ]
    return [*([] if expansion.doubles else [again]), [button(say("result.further"), ZoomOut(number, rerolls))]]


def flip_button(say: Texts, number: int, *, before: bool) -> InlineKeyboardButton:
    """Return the button that shows the photo before, or the result after."""
    return (
        button(say("result.after"), ShowAfter(number)) if before else button(say("result.before"), ShowBefore(number))
    )


def download_button(say: Texts, number: int) -> InlineKeyboardButton:
    """Return the button that sends the master."""
    return button(say("result.full"), FullSize(number))


def film_buttons(services: Services, say: Texts, expansion: Expansion, facts: Facts) -> list[InlineKeyboardButton]:
    """Return the buttons of the films that a chain allows, the longest first."""
    steps = growth(facts.chain)
    if services.films is None or not steps:
        return []
    loop = [button(say("result.loop"), Loop(expansion.id))] if len(steps) > 1 else []
    return [button(say("result.film"), Film(expansion.id)), *loop]


def end_caption(say: Texts, expansion: Expansion) -> str:
    """Return what is said of an expansion that failed or was cancelled."""
    failed = "end.unfit" if _came_to_nothing(expansion) else "end.failed"
    key = "end.cancelled" if expansion.status is Status.CANCELLED else failed
    return say.html(key, choice=described(say, expansion))


def end_keyboard(say: Texts, expansion: Expansion) -> InlineKeyboardMarkup:
    """Return the button to try again, for a failed or cancelled expansion.

    Where nothing that was painted could be shown, there is one for each of the other styles, too.
    """
    again: Tap = Reroll(expansion.id, expansion.rerolls)
    if expansion.doubles or expansion.steps:
        again = Double(expansion.id) if expansion.doubles else Journey(expansion.id, expansion.rerolls)
    others = [style for style in Style if style != expansion.style] if _came_to_nothing(expansion) else []
    styles = [button(style_name(say, style), InStyle(expansion.id, expansion.rerolls, style)) for style in others]
    return InlineKeyboardMarkup([[button(say("end.again"), again)], *([styles] if styles else [])])


def _came_to_nothing(expansion: Expansion) -> bool:
    """Tell whether the gate refused every picture of an expansion."""
    return expansion.status is Status.FAILED and (expansion.error or "").startswith(UNFIT)


def before_of(services: Services, expansion: Expansion) -> Medium:
    """Return the photo on its canvas as a medium, to compare the result with."""
    return Medium(
        partial(before_picture, services, expansion),
        is_veiled(expansion),
        expansion.before_file_id,
        partial(services.store.remember_before, expansion.id),
    )


async def before_picture(services: Services, expansion: Expansion) -> bytes:
    """Return a JPEG of the photo on its canvas, as large as the result's preview, so that switching moves nothing.

    A doubled result shows the photo before the last expansion that added pixels.
    """
    steps = growth(await services.store.ancestry(expansion.id))
    photo, zoom = (steps[-1].step.source, steps[-1].zoom) if steps else (expansion.source, 2)
    margins, extent = steps[-1].margins if steps else Margins(), Extent(photo.width, photo.height) * zoom
    thumb = await services.blobs.get(photo.thumb)
    return await asyncio.to_thread(canvas_preview, thumb, extent, margins, 1280)
