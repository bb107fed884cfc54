"""Sharing a post by inline mode, which sends its image to any chat: asked in a chat, or prepared for the Mini App."""

from __future__ import annotations

import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InlineQueryResultCachedPhoto

from bot.chat.cards.lines import label_lines
from bot.chat.cards.links import link, named, post_in, recipe_button
from bot.chat.telegram.media import is_veiled
from bot.chat.telegram.visit import Bot
from bot.chat.texts import Texts, best_language, texts
from bot.services import Services
from storage.gallery.listing import Order, Period
from storage.models import Person, Post, PostStatus

OFFERED = 20  # images that inline mode offers
FRESH = 60  # seconds for which Telegram may cache the answer; short, because posts can be hidden


def post_behind(username: str, message: telegram.Message) -> int | None:
    """Return the id of the post in the button of a shared message, or None."""
    markup = message.reply_markup
    for button in (button for row in (markup.inline_keyboard if markup else ()) for button in row):
        address, _, payload = (button.url or "").partition("?start=")
        if address == f"https://t.me/{username}" and (number := post_in(payload)) is not None:
            return number
    return None


async def inline(services: Services, bot: Bot, update: telegram.Update) -> None:
    """Answer an inline query: «@bot» offers the most surprising posts, «@bot p12» that one.

    Only images that Telegram already has are offered, and none that is under a spoiler.
    """
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
    results = [await _photo(services, say, bot, post) for post in posts if _sendable(post)]
    await query.answer(results, cache_time=FRESH)


async def prepared(services: Services, bot: Bot, post: Post, person: Person) -> str | None:
    """Return the id of a message that the person's own app sends to a chat which they choose in the Mini App.

    Returns None if inline mode does not offer the post. Raises TelegramError.
    """
    if not (bot.supports_inline_queries and _sendable(post)):
        return None
    say = texts(best_language([person.language, person.language_code]))
    photo = await _photo(services, say, bot, post)
    saved = await bot.save_prepared_inline_message(
        person.id, photo, allow_user_chats=True, allow_group_chats=True, allow_channel_chats=True
    )
    return saved.id


def _sendable(post: Post) -> bool:
    """Tell whether inline mode can send a post: Telegram has its picture, which is under no spoiler."""
    return post.expansion.file_id is not None and not is_veiled(post.expansion)


async def _photo(services: Services, say: Texts, bot: Bot, post: Post) -> InlineQueryResultCachedPhoto:
    return InlineQueryResultCachedPhoto(
        id=str(post.id),
        photo_file_id=post.expansion.file_id or "",
        title=named(say, post),
        caption=await _caption(services, say, post),
        parse_mode="HTML",
        reply_markup=_open_keyboard(say, bot.username, post),
    )


def _open_keyboard(say: Texts, username: str, post: Post) -> InlineKeyboardMarkup:
    see = InlineKeyboardButton(say("share.open"), url=link(username, post.id))
    return InlineKeyboardMarkup([[see], [recipe_button(say, username, post.id)]])


async def _caption(services: Services, say: Texts, post: Post) -> str:
    lines = [say.html("share.caption", what=named(say, post)), *await label_lines(services, say, post.expansion)]
    return "\n".join(lines)
