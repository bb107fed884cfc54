"""Lets the subject of a published photo walk into other pictures of the chat, and calls it back."""

from __future__ import annotations

from telegram import InlineKeyboardMarkup

from bot.chat.access import finished
from bot.chat.account.forget import finish
from bot.chat.buttons.publish import LetWalk
from bot.chat.cards.widgets import button
from bot.chat.telegram.edits import edit, retract
from bot.chat.telegram.media import is_veiled
from bot.chat.telegram.visit import Bot, Visit
from bot.services import Services
from inference.beings.visitor import cut_out
from inference.image.mosaic import Mosaic
from storage.models import Photo, Post, PostStatus

CUTTING = 60_000_000  # pixels of the decoding budget; the network takes as much memory as a large photo


async def walks(services: Services, post: Post, chat_id: int) -> bool | None:
    """Return whether the subject of a post may walk into pictures of a chat, or None if that cannot be allowed.

    That is for a photo of the author's own alone, because nobody can agree for others, and not for what is veiled.
    """
    if await _own_photo(services, post) is None:
        return None
    guest = await services.guests.of(post.id)
    return guest is not None and guest.welcome and guest.chat_id == chat_id


async def let_walk(services: Services, visit: Visit, tap: LetWalk) -> None:
    """Allow it or not, as the visitor has tapped, and show that on the button."""
    expansion = await finished(services, visit, tap.expansion)
    if expansion is None:
        return
    post = await services.gallery.post_of(expansion.id)
    if post is None or post.status is not PostStatus.LIVE:
        await visit.toast("publish.not_there")
    elif not tap.allowed:
        await services.guests.refuse(post.id, visit.person.id)
        await visit.toast("guest.refused", alert=True)
        await _show(visit, tap)
    elif await _welcomed(services, visit, post):
        await visit.toast("guest.welcome", alert=True)
        await _show(visit, tap)
    else:
        await visit.toast("guest.nobody", alert=True)


async def call_back(services: Services, bot: Bot, expansion_id: int) -> None:
    """Delete the guest from an expansion's post, and everything that shows it: messages first, as when forgetting."""
    planned = await services.guests.dismiss(expansion_id, rehearse=True)
    if planned is None:
        return
    await retract(bot, planned.messages)
    if (dismissed := await services.guests.dismiss(expansion_id)) is not None:
        await finish(services, bot, planned, dismissed, "guest.left")
    services.rounds.ring()


async def _own_photo(services: Services, post: Post) -> Photo | None:
    """Return the photo that a post's chain began with, if all of the chain is the author's and nothing is veiled."""
    chain = await services.store.ancestry(post.expansion_id)
    if not chain or any(step.person_id != post.person_id or is_veiled(step) for step in chain):
        return None
    photo = chain[0].source
    return photo if photo.person_id == post.person_id and photo.chat_id is not None else None


async def _welcomed(services: Services, visit: Visit, post: Post) -> bool:
    """Cut out the subject and keep it. Returns False if there is no clear one."""
    photo = await _own_photo(services, post)
    if photo is None:
        return False
    picture = await services.pictures.of(photo)
    cutout = await services.decoding.run(CUTTING, _cut, picture.mosaic)
    if cutout is None:
        return False
    kept = await services.shelf.put((cutout, ".webp"))
    return await services.guests.welcome(post.id, visit.person.id, visit.chat.id, kept)


def _cut(picture: Mosaic) -> bytes | None:
    return cut_out(picture.pixels())


async def _show(visit: Visit, tap: LetWalk) -> None:
    """Put the mark on the button, or take it off, and leave the others as they are."""
    message = visit.message
    if message is None or message.reply_markup is None:
        return
    there = {LetWalk(tap.expansion, allowed).pack() for allowed in (0, 1)}
    now = button(visit.say("guest.walk"), LetWalk(tap.expansion, 1 - tap.allowed), chosen=bool(tap.allowed))
    rows = [[now if one.callback_data in there else one for one in row] for row in message.reply_markup.inline_keyboard]
    await edit(message.edit_reply_markup(InlineKeyboardMarkup(rows)))
