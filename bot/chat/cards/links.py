"""Links that open the bot at a post, and the buttons that share one."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from telegram import InlineKeyboardButton, SwitchInlineQueryChosenChat

from bot.chat.telegram.media import is_veiled
from bot.chat.telegram.visit import Bot, start_link
from bot.chat.texts import Texts
from storage.models import Post

POST = re.compile(r"p([1-9]\d{0,17})", re.ASCII)
RECIPE = re.compile(r"r([1-9]\d{0,17})", re.ASCII)


def payload(post_id: int) -> str:
    """Return the /start payload that opens a post."""
    return f"p{post_id}"


def recipe_payload(post_id: int) -> str:
    """Return the /start payload that lets the next photo open with a post's choices."""
    return f"r{post_id}"


def link(username: str, post_id: int) -> str:
    """Return the link that opens a post in the bot."""
    return start_link(username, payload(post_id))


def post_in(payload: str) -> int | None:
    """Return the id of the post that a payload or an inline query names, or None."""
    return _id_in(POST, payload)


def recipe_in(payload: str) -> int | None:
    """Return the id of the post whose choices a payload asks for, or None."""
    return _id_in(RECIPE, payload)


def _id_in(kind: re.Pattern[str], payload: str) -> int | None:
    named = kind.fullmatch(payload.strip())
    return int(named[1]) if named else None


def recipe_button(say: Texts, username: str, post_id: int) -> InlineKeyboardButton:
    """Return a button that opens the private chat and lets the next photo there open with a post's choices."""
    return InlineKeyboardButton(say("recipe"), url=start_link(username, recipe_payload(post_id)))


def send_button(say: Texts, bot: Bot, post: Post) -> InlineKeyboardButton:
    """Return a button that sends the post's picture to a chat by inline mode.

    It sends a link where the bot has no inline mode, and for a picture under a spoiler, which inline mode cannot keep.
    """
    if not bot.supports_inline_queries or is_veiled(post.expansion):
        return share_button(say, bot.username, post)
    chosen = SwitchInlineQueryChosenChat(
        payload(post.id), allow_user_chats=True, allow_group_chats=True, allow_channel_chats=True
    )
    return InlineKeyboardButton(say("share"), switch_inline_query_chosen_chat=chosen)


def share_button(say: Texts, username: str, post: Post) -> InlineKeyboardButton:
    """Return a button that opens Telegram's dialog to choose a chat."""
    words = urlencode({"url": link(username, post.id), "text": named(say, post)})
    return InlineKeyboardButton(say("share"), url=f"https://t.me/share/url?{words}")


def named(say: Texts, post: Post) -> str:
    """Return the title and the author as plain text: «“Title” by Ann»."""
    author = say("gallery.author", name=post.author.name)
    return f"{say('post.title', title=post.title)} {author}" if post.title else author
