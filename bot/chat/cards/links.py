"""Links that open the bot at a post, and the button that shares one."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from telegram import InlineKeyboardButton

from bot.chat.texts import Texts
from storage.models import Post

POST = re.compile(r"p([1-9]\d{0,17})", re.ASCII)


def payload(post_id: int) -> str:
    """Return the /start payload that opens a post."""
    return f"p{post_id}"


def link(username: str, post_id: int) -> str:
    """Return the link that opens a post in the bot."""
    return f"https://t.me/{username}?start={payload(post_id)}"


def post_in(payload: str) -> int | None:
    """Return the id of the post that a payload or an inline query names, or None."""
    named = POST.fullmatch(payload.strip())
    return int(named[1]) if named else None


def share_button(say: Texts, username: str, post: Post) -> InlineKeyboardButton:
    """Return a button that opens Telegram's dialog to choose a chat."""
    words = urlencode({"url": link(username, post.id), "text": named(say, post)})
    return InlineKeyboardButton(say("share"), url=f"https://t.me/share/url?{words}")


def named(say: Texts, post: Post) -> str:
    """Return the title and the author as plain text: «《Title》 by Ann»."""
    author = say("gallery.author", name=post.author.name)
    return f"{say('post.title', title=post.title)} {author}" if post.title else author
