"""The card of a finished expansion, alone or as a sheet of variants: its caption and its buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ChatType

from bot.chain import growth
from bot.chat.buttons.result import (
    Adjust,
    BackOneStep,
    BackToStart,
    Cancel,
    Delete,
    Double,
    ExpandYours,
    Film,
    FullSize,
    Loop,
    PickVariant,
    Publish,
    Reroll,
    ShowAfter,
    ShowBefore,
    Variants,
    ZoomOut,
)
from bot.chat.cards.lines import anonymous_lines, credit_lines, drawn_lines, label_lines, reaction_row
from bot.chat.cards.preview import canvas_preview
from bot.chat.cards.widgets import bar, button, described
from bot.chat.choice import extent_of, may_double
from bot.chat.telegram.media import Medium, is_veiled
from bot.chat.texts import Texts
from bot.services import Services
from inference.canvas import Extent, Margins
from storage.models import Expansion, Post, PostStatus, Status


async def result_caption(services: Services, say: Texts, expansion: Expansion) -> str:
    """Return the caption: the title if any, the choices, and the seed, which reproduces the result."""
    result, post = expansion.result, await services.gallery.post_of(expansion.id)
    chain = await services.store.ancestry(expansion.id)
    lines = [
        *([say.html("post.title", title=post.title)] if post and post.title else []),
        say.html("result.caption", choice=described(say, expansion), seed=expansion.seed),
        *([say.html("result.size", width=result.width, height=result.height)] if result else []),
        *drawn_lines(say, expansion),
        *await credit_lines(services, say, chain),
        *await anonymous_lines(services, say, expansion),
        *([say.html("result.published"), *await label_lines(services, say, expansion)] if is_live(post) else []),
        *([say.html("result.veiled")] if is_veiled(expansion) else []),
    ]
    return "\n".join(lines)


async def result_keyboard(
    services: Services, say: Texts, expansion: Expansion, chat_id: int, *, before: bool = False
) -> InlineKeyboardMarkup:
    """Return the buttons of a result: reactions, next expansions, earlier steps, before and films, and actions.

    Readers of a channel cannot use what its administrators can, so there the buttons are those that anybody may tap.
    """
    number = expansion.id
    counts = await services.gallery.counts(number)
    chat = await services.people.chat(chat_id)
    if chat is not None and chat.kind == ChatType.CHANNEL:
        return InlineKeyboardMarkup([reaction_row(number, counts), [button(say("result.yours"), ExpandYours(number))]])
    flip = (
        button(say("result.after"), ShowAfter(number)) if before else button(say("result.before"), ShowBefore(number))
    )
    published = is_live(await services.gallery.post_of(number))
    steps = [button(say("result.back"), BackOneStep(number)), button(say("result.start"), BackToStart(number))]
    chain = await services.store.ancestry(number)
    loop = [button(say("result.loop"), Loop(number))] if len(growth(chain)) > 1 else []
    films = [button(say("result.film"), Film(number)), *loop]
    return InlineKeyboardMarkup(
        [
            reaction_row(number, counts),
            *_more(services, say, expansion),
            *([steps] if len(chain) > 1 else []),
            [flip, *(films if services.films and growth(chain) else [])],
            [
                button(say("result.retitle" if published else "result.publish"), Publish(number)),
                button(say("result.full"), FullSize(number)),
                button(say("result.delete"), Delete(number)),
            ],
        ]
    )


def _more(services: Services, say: Texts, expansion: Expansion) -> list[list[InlineKeyboardButton]]:
    """Return the rows of buttons that continue from a result.

    A doubled result has no reroll, which would change nothing.
    """
    number, result = expansion.id, expansion.result
    again = [
        button(say("result.reroll"), Reroll(number, expansion.rerolls)),
        button(say("result.variants"), Variants(number, expansion.rerolls)),
    ]
    larger = result is not None and may_double(extent_of(result), services.limits.max_megapixels)
    double = [button(say("result.double"), Double(number))] if larger else []
    return [
        [*([] if expansion.doubles else again), button(say("result.further"), ZoomOut(number, expansion.rerolls))],
        [button(say("result.adjust"), Adjust(number)), *double],
    ]


def is_live(post: Post | None) -> bool:
    """Tell whether there is a live post."""
    return post is not None and post.status is PostStatus.LIVE


def end_keyboard(say: Texts, expansion: Expansion) -> InlineKeyboardMarkup:
    """Return the button to try again, for a failed or cancelled expansion."""
    tap = Double(expansion.id) if expansion.doubles else Reroll(expansion.id, expansion.rerolls)
    return InlineKeyboardMarkup([[button(say("end.again"), tap)]])


def sheet_keyboard(say: Texts, variants: Sequence[Expansion]) -> InlineKeyboardMarkup:
    """Return the buttons 1 to 4 of the finished variants, and Cancel while any is unfinished."""
    ready = [button(str(v.variant), PickVariant(v.id)) for v in variants if v.status is Status.DONE]
    live = next((v for v in variants if v.status.live), None)
    return InlineKeyboardMarkup(
        [row for row in (ready, [button(say("status.cancel"), Cancel(live.id))] if live else []) if row]
    )


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


def sheet_caption(say: Texts, variants: Sequence[Expansion]) -> str:
    """Return the caption of a sheet, with progress until all variants have ended."""
    done = sum(v.status is Status.DONE for v in variants)
    live = any(v.status.live for v in variants)
    title = say.html("status.four", choice=described(say, variants[0]))
    return (
        f"{title}\n<code>{bar(done / len(variants))}</code> {done}/{len(variants)}"
        if live
        else f"{title}\n{say('sheet.pick')}"
    )
