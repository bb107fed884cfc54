"""The card of a gallery page: its caption and its buttons."""

from __future__ import annotations

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons.gallery import NextPost, PickPeriod, PreviousPost, SortGallery
from bot.chat.buttons.post import DoLikeThis, FlipPost, Fork, More
from bot.chat.cards.lines import anonymous_lines, credit_lines, drawn_lines, label_lines, reaction_row
from bot.chat.cards.links import recipe_button, share_button
from bot.chat.cards.widgets import button, described
from bot.chat.texts import Texts
from bot.services import Services
from storage.gallery.listing import PERIODIC, Order, Period
from storage.gallery.ranking import FIRST_VIEWERS, surprise_index
from storage.models import Gallery, Post

NEW = "🆕"


async def gallery_card(
    services: Services, username: str, say: Texts, row: Gallery, post: Post
) -> tuple[str, InlineKeyboardMarkup]:
    """Return the caption and the buttons of one page."""
    expansion = post.expansion
    engine = f" · {expansion.engine}" if expansion.engine else ""
    lines = [
        *([say.html("gallery.title", title=post.title)] if post.title else []),
        say.html("gallery.author", name=post.author.name),
        described(say, expansion) + engine,
        *drawn_lines(say, expansion),
        *await credit_lines(services, say, await services.store.ancestry(expansion.id)),
        f"{say.html('gallery.index', index=index_of(post))} · {say.html('gallery.seen', count=post.impressions)}",
        *([say.html("recipe.uses", count=uses)] if (uses := await services.recipes.uses(post.id)) else []),
        *await label_lines(services, say, expansion),
        *await anonymous_lines(services, say, expansion),
    ]
    counts = await services.gallery.counts(expansion.id)
    rows = [reaction_row(expansion.id, counts), *_page_buttons(say, username, row, post), _sorts(say, row, post)]
    if row.sort in PERIODIC:
        rows.append([_period(say, row, post, period) for period in Period])
    return "\n".join(lines), InlineKeyboardMarkup(rows)


def index_of(post: Post) -> str:
    """Return the surprise index of a post, 0 to 100, or 🆕 while it would only be noise."""
    if post.impressions < FIRST_VIEWERS:
        return NEW
    return str(surprise_index(post.surprised, post.impressions, post.prior))


def _page_buttons(say: Texts, username: str, row: Gallery, post: Post) -> list[list[InlineKeyboardButton]]:
    flip = button(say("result.after" if row.before else "result.before"), FlipPost(row.id, post.id))
    return [
        [button("◀", PreviousPost(row.id, post.id)), flip, button("▶", NextPost(row.id, post.id))],
        [
            button(say("gallery.fork"), Fork(post.id)),
            share_button(say, username, post),
            button("⋯", More(row.id, post.id)),
        ],
        # in a private chat the link would lead to where one is
        [button(say("recipe"), DoLikeThis(post.id)) if row.chat_id > 0 else recipe_button(say, username, post.id)],
    ]


def _sorts(say: Texts, row: Gallery, post: Post) -> list[InlineKeyboardButton]:
    """Return the buttons of the orders. They show signs only, because names do not fit; a tap shows the name."""
    signs = {order: say(f"gallery.{order}").split()[0] for order in Order}
    return [
        button(sign, SortGallery(row.id, post.id, order), chosen=order == row.sort) for order, sign in signs.items()
    ]


def _period(say: Texts, row: Gallery, post: Post, period: Period) -> InlineKeyboardButton:
    return button(say(f"gallery.{period}"), PickPeriod(row.id, post.id, period), chosen=period == row.period)
