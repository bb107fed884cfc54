"""/top: the best posts of the week by the lower Wilson bound, with their authors."""

from __future__ import annotations

from html import escape

from telegram import InlineKeyboardMarkup

from bot.chat.buttons.post import OpenPost
from bot.chat.cards.gallery import index_of
from bot.chat.cards.links import link
from bot.chat.cards.widgets import button
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.gallery.listing import Order, Period
from storage.gallery.votes import COLUMNS
from storage.models import Feeling, Post

MASTERPIECES = 10
MEDALS = ("🥇", "🥈", "🥉")


async def top(services: Services, visit: Visit) -> None:
    """Send a list with a link and a button per post. Posts without votes are omitted."""
    best = await services.gallery.some(Order.TOP, Period.WEEK, limit=MASTERPIECES)
    posts = [post for post in best.posts if post.top > 0]
    if not posts:
        await visit.reply("top.none")
        return
    lines = [visit.say("top.title"), *(_line(visit, place, post) for place, post in enumerate(posts))]
    buttons = [button(_mark(place), OpenPost(post.id)) for place, post in enumerate(posts)]
    markup = InlineKeyboardMarkup([row for row in (buttons[:5], buttons[5:]) if row])
    await visit.write("\n".join(lines), markup)


def _line(visit: Visit, place: int, post: Post) -> str:
    title = visit.say.html("post.title", title=post.title or visit.say("top.untitled"))
    counts = {feeling: getattr(post, COLUMNS[feeling]) for feeling in Feeling}
    votes = " ".join(f"{feeling.value} {count}" for feeling, count in counts.items() if count)
    author = visit.say.html("gallery.author", name=post.author.name)
    index = visit.say.html("gallery.index", index=index_of(post))
    address = escape(link(visit.bot.username, post.id))
    return f'{_mark(place)} <a href="{address}">{title}</a> {author}\n      {votes} · {index}'


def _mark(place: int) -> str:
    return MEDALS[place] if place < len(MEDALS) else f"{place + 1}."
