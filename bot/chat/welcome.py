"""/start with an example, /help, and the answer to plain text."""

from __future__ import annotations

from pathlib import Path

from telegram import InputMediaPhoto

from bot.chat.account.mine import mine
from bot.chat.account.mydata import mydata
from bot.chat.account.preferences import settings
from bot.chat.cards.links import post_in, recipe_in
from bot.chat.gallery.browse import gallery
from bot.chat.gallery.post import open_post
from bot.chat.gallery.publish import title_words
from bot.chat.gallery.recipe import ask_for_photo
from bot.chat.telegram.visit import Visit
from bot.services import Services

LINKS = {"gallery": gallery, "mine": mine, "mydata": mydata, "settings": settings}
EXAMPLE = Path(__file__).parent / "example"


async def start(services: Services, visit: Visit) -> None:
    """Send a photo before and after with one sentence, or do what the payload of a link says (`/start mine`)."""
    if visit.message is None:
        return
    _command, _, promised = (visit.message.text or "").partition(" ")
    if promised in LINKS:
        await LINKS[promised](services, visit)
        return
    if (wanted := post_in(promised)) is not None:
        await open_post(services, visit, wanted)
        return
    if (liked := recipe_in(promised)) is not None:
        await ask_for_photo(services, visit, liked)
        return
    album = [InputMediaPhoto((EXAMPLE / f"{name}.jpg").read_bytes()) for name in ("before", "after")]
    await visit.send(lambda seat: visit.bot.send_media_group(seat.chat_id, album, message_thread_id=seat.thread_id))
    await visit.reply("welcome" if visit.private else "welcome.group", name=visit.person.name)


async def help_(services: Services, visit: Visit) -> None:
    """Send the help text."""
    await visit.reply("help", quota=services.limits.quota)


async def words(services: Services, visit: Visit) -> None:
    """Take text as a title if one was asked for. Otherwise explain the bot in private, and ignore it in a group."""
    if not await title_words(services, visit) and visit.private:
        await visit.reply("words")


async def unknown_command(services: Services, visit: Visit) -> None:
    """Name the commands to somebody who typed another."""
    await visit.reply("unknown_command")


async def unknown_kind(services: Services, visit: Visit) -> None:
    """Answer a message of a kind that nothing else handles, such as a poll, a contact or a story."""
    await visit.reply("photo.other_file")
