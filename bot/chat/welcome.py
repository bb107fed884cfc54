"""/start with a picture and what can be tapped first, /help, and the answer to plain text."""

from __future__ import annotations

from pathlib import Path
from random import Random

from telegram import InlineKeyboardMarkup, Message

import bot
from bot.chat.account.mine import mine
from bot.chat.account.mydata import mydata
from bot.chat.account.preferences import settings
from bot.chat.buttons.welcome import OpenGallery, TryExample
from bot.chat.cards.links import post_in, recipe_in
from bot.chat.cards.widgets import button
from bot.chat.expand.arrival import keep_photo
from bot.chat.expand.start import start_panel
from bot.chat.gallery.browse import gallery
from bot.chat.gallery.post import open_post
from bot.chat.gallery.publish import title_words
from bot.chat.gallery.recipe import ask_for_photo
from bot.chat.telegram.edits import edit
from bot.chat.telegram.visit import Visit
from bot.chat.texts import Texts
from bot.services import Services
from inference.canvas import Direction
from inference.engine import Style
from inference.image.codec import extent
from storage.models import Panel, Photo

LINKS = {"gallery": gallery, "mine": mine, "mydata": mydata, "settings": settings}
PICTURE = Path(__file__).parent / "example" / "welcome.jpg"
SAMPLES = Path(bot.__file__).parent / "playground" / "samples"
EXAMPLES = ("chelsea", "coffee", "rocket")


async def start(services: Services, visit: Visit) -> None:
    """Greet with a picture of what the bot does, or do what the payload of a link says (`/start mine`)."""
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
    words = visit.say.html("welcome" if visit.private else "welcome.group", name=visit.person.name)
    picture, markup = PICTURE.read_bytes(), _first_taps(visit.say, example=visit.private)
    await visit.send(
        lambda seat: visit.bot.send_photo(photo=picture, caption=words, reply_markup=markup, **seat.address)
    )


def _first_taps(say: Texts, *, example: bool) -> InlineKeyboardMarkup:
    try_it = [button(say("welcome.example"), TryExample())] if example else []
    return InlineKeyboardMarkup([[button(say("welcome.gallery"), OpenGallery()), *try_it]])


async def open_gallery(services: Services, visit: Visit, _tap: OpenGallery) -> None:
    """Open the gallery."""
    await visit.toast_nothing()
    await gallery(services, visit)


async def try_example(services: Services, visit: Visit, _tap: TryExample) -> None:
    """Expand a sample photo as wildly as possible. One greeting gives one example, however often it is tapped."""
    message = visit.message
    if message is None:
        return
    photo = await services.store.photos.of(visit.chat.id, message.message_id) or await _example(
        services, visit, message
    )
    panel = await services.store.panels.open(
        Panel(
            key=f"x{visit.chat.id}:{message.message_id}",
            photo_id=photo.id,
            person_id=visit.person.id,
            chat_id=visit.chat.id,
            direction=Direction.ALL,
            scale=1.5,
            style=Style.WILD,
        )
    )
    await start_panel(services, visit, panel.id, 0)
    await edit(message.edit_reply_markup(_first_taps(visit.say, example=False)))


async def _example(services: Services, visit: Visit, greeting: Message) -> Photo:
    """Store one of the examples as the photo of the greeting."""
    name = Random(greeting.message_id).choice(EXAMPLES)
    data = (SAMPLES / f"{name}.jpg").read_bytes()
    return await keep_photo(services, visit, greeting, data, extent(data))


async def help_(services: Services, visit: Visit) -> None:
    """Send the help text."""
    await visit.reply("help", film=visit.say("help.film") if services.films is not None else "")


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
