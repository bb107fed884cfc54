"""Sharing a post: a link that opens it in the bot, and inline mode, which sends its picture anywhere."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InlineQueryResultCachedPhoto

from bot.chat.telegram.visit import Bot
from bot.chat.texts import Texts, best_language, texts
from bot.services import Services
from storage.gallery.listing import Order, Period
from storage.models import Post, PostStatus

POST = re.compile(r"p([1-9]\d{0,17})", re.ASCII)
OFFERED = 20  # pictures that inline mode shows to choose from
FRESH = 60  # seconds that Telegram may keep its answer: what was taken out should not be offered for long


def payload(post_id: int) -> str:
    """What a link that opens a post brings to /start."""
    return f"p{post_id}"


def link(username: str, post_id: int) -> str:
    return f"https://t.me/{username}?start={payload(post_id)}"


def post_in(payload: str) -> int | None:
    """The post that a link or an inline query names."""
    named = POST.fullmatch(payload.strip())
    return int(named[1]) if named else None


def post_behind(username: str, message: telegram.Message) -> int | None:
    """The post that a picture shared via us leads to, by its button."""
    markup = message.reply_markup
    for button in (button for row in (markup.inline_keyboard if markup else ()) for button in row):
        address, _, payload = (button.url or "").partition("?start=")
        if address == f"https://t.me/{username}" and (number := post_in(payload)) is not None:
            return number
    return None


def share_button(say: Texts, username: str, post: Post) -> InlineKeyboardButton:
    """Telegram's own sheet for choosing a chat."""
    words = urlencode({"url": link(username, post.id), "text": named(say, post)})
    return InlineKeyboardButton(say("share"), url=f"https://t.me/share/url?{words}")


def named(say: Texts, post: Post) -> str:
    """«《Title》 by Ann»; as plain text."""
    author = say("gallery.author", name=post.author.name)
    return f"{say('post.title', title=post.title)} {author}" if post.title else author


async def inline(services: Services, bot: Bot, update: telegram.Update) -> None:
    """«@bot» offers the most surprising posts, «@bot p12» that one; pictures that Telegram has, and nothing veiled."""
    query = update.inline_query
    if query is None:
        return
    say = texts(best_language([query.from_user.language_code]))
    wanted = post_in(query.query)
    if wanted is None:
        posts = (await services.gallery.some(Order.SURPRISING, Period.ALL, limit=OFFERED)).posts
    else:
        post = await services.gallery.post(wanted)
        posts = [post] if post is not None and post.status is PostStatus.LIVE else []
    results = [
        InlineQueryResultCachedPhoto(
            id=str(post.id),
            photo_file_id=post.expansion.file_id,
            title=named(say, post),
            caption=say.html("share.caption", what=named(say, post)),
            parse_mode="HTML",
            reply_markup=_way(say, bot.username, post),
        )
        for post in posts
        if post.expansion.file_id is not None and post.expansion.verdict == "safe"
    ]
    await query.answer(results, cache_time=FRESH)


def _way(say: Texts, username: str, post: Post) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(say("share.open"), url=link(username, post.id))]])
