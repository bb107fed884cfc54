"""The buttons under what was just published: a title, a look at the post, and sending it to a chat."""

from __future__ import annotations

from babel.lists import format_list
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chain import growth
from bot.chat.buttons.post import OpenPost
from bot.chat.buttons.publish import LetWalk, NoTitle, OwnTitle, SuggestedTitle, Unpublish
from bot.chat.buttons.result import Publish
from bot.chat.cards.lines import drawn
from bot.chat.cards.links import send_button
from bot.chat.cards.widgets import button
from bot.chat.telegram.visit import Visit
from bot.chat.texts import Texts
from bot.chat.titles import About, suggestions
from bot.services import Services
from storage.models import Expansion, Post

NAMED = 2  # most guests that a title names
SCENERY = "en"  # the language in which engines name scenery


async def title_keyboard(services: Services, visit: Visit, post: Post, walks: bool | None) -> InlineKeyboardMarkup:
    """Return the buttons of the question for a title. `walks` is as in `titled_keyboard`."""
    number, say = post.expansion_id, visit.say
    known = await about(services, say, post.expansion)
    offers = [
        [button(say("post.title", title=title), SuggestedTitle(number, say.language, line))]
        for line, title in suggestions(say, number, known).items()
    ]
    last = [
        *([] if visit.private else [button(say("title.own"), OwnTitle(number))]),
        button(say("title.none"), NoTitle(number)),
        button(say("publish.unpublish"), Unpublish(number)),
    ]
    return InlineKeyboardMarkup([*offers, _see_and_send(visit, post), *_walk(visit, post, walks), last])


async def about(services: Services, say: Texts, expansion: Expansion) -> About:
    """Return what the suggested titles of an expansion go by. A doubled one is about what was doubled."""
    steps = growth(await services.store.ancestry(expansion.id))
    recipe = (steps[-1].step if steps else expansion).recipe or {}
    guests = [credit.partition(" by ")[0] for credit in recipe.get("credits", ())]
    return About(
        expansion.style,
        max(1, len(steps)),
        drawn(say, expansion),
        format_list(guests[:NAMED], locale=say.language),
        bool(recipe.get("legs")),
        bool(recipe.get("cut")),
        str(recipe.get("scenery") or "").partition(",")[0] if say.language == SCENERY else "",
    )


def titled_keyboard(visit: Visit, post: Post, walks: bool | None) -> InlineKeyboardMarkup:
    """Return the buttons of a post that has got its title, or is to have none.

    `walks` is whether its subject may walk into other pictures of the chat, or None if that is not for the author to
    say.
    """
    change, back = (
        button(visit.say("title.change"), Publish(post.expansion_id)),
        button(visit.say("publish.unpublish"), Unpublish(post.expansion_id)),
    )
    return InlineKeyboardMarkup([_see_and_send(visit, post), *_walk(visit, post, walks), [change, back]])


def _walk(visit: Visit, post: Post, walks: bool | None) -> list[list[InlineKeyboardButton]]:
    if walks is None:
        return []
    tap = LetWalk(post.expansion_id, 0 if walks else 1)
    return [[button(visit.say("guest.walk"), tap, chosen=walks)]]


def _see_and_send(visit: Visit, post: Post) -> list[InlineKeyboardButton]:
    return [button(visit.say("post.see"), OpenPost(post.id)), send_button(visit.say, visit.bot, post)]
