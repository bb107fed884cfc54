"""The card of a gallery page: its caption, its usual buttons, and the list of its orders."""

from __future__ import annotations

from telegram import InlineKeyboardMarkup

from bot.chat.buttons.gallery import NextPost, Orders, PickPeriod, PreviousPost, SortGallery
from bot.chat.buttons.post import DoLikeThis, FlipPost, Fork, Less, More
from bot.chat.cards.lines import (
    anonymous_counts,
    anonymous_lines,
    credit_lines,
    detail_lines,
    drawn_lines,
    label_lines,
    reaction_row,
)
from bot.chat.cards.links import recipe_button, share_button
from bot.chat.cards.widgets import button, described
from bot.chat.signs import Sign
from bot.chat.texts import Texts
from bot.services import Services
from storage.gallery.listing import PERIODIC, Order, Period
from storage.gallery.ranking import FIRST_VIEWERS, surprise_index
from storage.models import Gallery, Post


async def gallery_card(
    services: Services, username: str, say: Texts, row: Gallery, post: Post
) -> tuple[str, InlineKeyboardMarkup]:
    """Return the caption and the usual buttons of one page."""
    counts = await services.gallery.counts(post.expansion_id)
    after = [button(say("result.after"), FlipPost(row.id, post.id))] if row.before else []
    rows = [
        reaction_row(post.expansion_id, counts),
        [
            button(Sign.PREVIOUS, PreviousPost(row.id, post.id)),
            *after,
            button(Sign.NEXT, NextPost(row.id, post.id)),
        ],
        [button(say("gallery.fork"), Fork(post.id)), share_button(say, username, post)],
        # in a private chat the link would lead to where one is
        [button(say("recipe"), DoLikeThis(post.id)) if row.chat_id > 0 else recipe_button(say, username, post.id)],
        [
            button(say("gallery.sort", order=say(f"gallery.{row.sort}")), Orders(row.id, post.id)),
            button(Sign.MORE, More(row.id, post.id)),
        ],
    ]
    return await gallery_caption(services, say, post), InlineKeyboardMarkup(rows)


async def gallery_caption(services: Services, say: Texts, post: Post, *, details: bool = False) -> str:
    """Return the caption of a page, with `details` also what few people want to know."""
    expansion = post.expansion
    chain = await services.store.ancestry(expansion.id)
    lines = [
        *([say.html("gallery.title", title=post.title)] if post.title else []),
        say.html("gallery.author", name=post.author.name),
        described(say, expansion),
        *drawn_lines(say, expansion),
        *(detail_lines(say, expansion, chain) if details else []),
        *await credit_lines(services, say, chain),
        " · ".join(_measures(say, post)),
        *([say.html("recipe.uses", count=uses)] if (uses := await services.recipes.uses(post.id)) else []),
        *await label_lines(services, say, expansion),
        *anonymous_lines(say, await anonymous_counts(services, expansion.id, outside=expansion.chat_id)),
    ]
    return "\n".join(lines)


def _measures(say: Texts, post: Post) -> list[str]:
    seen = [say.html("gallery.seen", count=post.impressions)] if post.impressions else []
    return [say.html("gallery.index", index=index_of(post)), *seen]


def orders_keyboard(say: Texts, row: Gallery, post: Post) -> InlineKeyboardMarkup:
    """Return the buttons of the orders, with their names, and those of the periods where the order has them."""
    orders = [
        button(say(f"gallery.{order}"), SortGallery(row.id, post.id, order), chosen=order == row.sort)
        for order in Order
    ]
    periods = [
        button(say(f"gallery.{period}"), PickPeriod(row.id, post.id, period), chosen=period == row.period)
        for period in Period
    ]
    rows = [
        orders[:2],
        orders[2:4],
        orders[4:],
        *([periods] if row.sort in PERIODIC else []),
        [button(say("gallery.less"), Less(row.id, post.id))],
    ]
    return InlineKeyboardMarkup([some for some in rows if some])


def index_of(post: Post) -> str:
    """Return the surprise index of a post, 0 to 100, or 🆕 while it would only be noise."""
    if post.impressions < FIRST_VIEWERS:
        return Sign.NEW
    return str(surprise_index(post.surprised, post.impressions, post.prior))
