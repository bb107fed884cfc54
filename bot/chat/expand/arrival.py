"""Handles incoming photos, image files and static stickers. In a group, the bot reacts only when it is addressed."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Final

from telegram import Document, ExternalReplyInfo, Message, MessageEntity, PhotoSize, Sticker
from telegram.constants import ChatAction, FileSizeLimit
from telegram.error import BadRequest

from bot.chat.choice import Choice, first_choice
from bot.chat.expand.panel import open_panel, refit
from bot.chat.expand.recipe import choice_like
from bot.chat.telegram.visit import Visit
from bot.services import Services
from inference.canvas import Extent
from inference.image.codec import extent, look
from inference.image.refusal import BadPhoto
from storage.models import Photo, now

TOO_BIG: Final = "file is too big"  # what getFile answers above 20 MB
UNTYPED: Final = ("", "application/octet-stream")  # MIME types that clients send when they do not know the file's type


async def photo_arrived(services: Services, visit: Visit) -> None:
    """Open a panel for the picture of a message. In a group, the caption must mention the bot or be /expand."""
    message = visit.message
    if message is not None and (visit.private or mentions(message, visit.bot.username)):
        await take_photo(services, visit, message, prompt=prompt_of(message, visit.bot.username))


async def other_file_arrived(services: Services, visit: Visit) -> None:
    """Answer a video, GIF, voice message or other file with one sentence, in a group only when the bot is mentioned."""
    if visit.message is not None and (visit.private or mentions(visit.message, visit.bot.username)):
        await visit.reply("photo.other_file")


async def photo_edited(services: Services, visit: Visit) -> None:
    """Put the new picture of an edited message into the place of the old one, and into the panel that is open for it.

    Expansions of the old picture keep it.
    """
    message = visit.message
    if message is None or await services.store.photos.of(visit.chat.id, message.message_id) is None:
        return
    photo = await _receive_photo(services, visit, message)
    for panel in await services.store.panels.of(photo.id) if photo is not None else ():
        await refit(services, visit, panel)


async def expand_command(services: Services, visit: Visit) -> None:
    """Handle /expand as a reply to a photo. If the photo is a result of the bot, continue from its lossless master.

    Each command opens a panel of its own, with its own words.
    """
    if visit.message is None:
        return
    asked = visit.message.external_reply or visit.answered
    prompt = (visit.message.text or "").partition(" ")[2].strip()
    key = f"m{visit.chat.id}:{visit.message.message_id}:{visit.person.id}"
    if (master := await _master(services, visit, visit.answered)) is not None:
        await open_panel(services, visit, master, key, prompt)
    elif asked is None or attachment(asked) is None:
        await visit.reply("expand.how" if visit.private else "expand.how_group")
    else:
        await take_photo(services, visit, asked, prompt, key)


async def _master(services: Services, visit: Visit, asked: Message | None) -> Photo | None:
    """Return the master of the result that a message shows, or None if the visitor may not expand it.

    Clients leave out the reply when a person answers the bot's newest message in a private chat, so without a reply the
    newest message counts there.
    """
    if asked is not None:
        shown = await services.messages.message(visit.chat.id, asked.message_id)
    else:
        shown = await services.messages.newest(visit.chat.id) if visit.private else None
    if shown is None or shown.expansion_id is None or not shown.kind.shows_picture:
        return None
    expansion = await services.store.expansion(shown.expansion_id)
    result = expansion.result if expansion is not None else None
    if expansion is None or result is None:
        return None
    return result if visit.person.id == expansion.person_id or await services.gallery.shows(result.id) else None


async def take_photo(
    services: Services, visit: Visit, message: Message | ExternalReplyInfo, prompt: str, key: str = ""
) -> None:
    """Store the picture of a message, and open its panel. The photos of an album share one panel of each person.

    A photo without a `key` was sent for its own sake. It fulfils the wish to have the next one done like a post.
    """
    photo = await _receive_photo(services, visit, message)
    if photo is None:
        return
    if key:
        await open_panel(services, visit, photo, key, prompt)
        return
    here = f"g{visit.chat.id}:{photo.media_group}" if photo.media_group else f"m{visit.chat.id}:{photo.message_id}"
    post = await services.recipes.wished(visit.person.id, visit.chat.id, now())
    wish = choice_like(services, visit.say, post.expansion) if post is not None else None
    like = post.id if post is not None else None
    await open_panel(services, visit, photo, f"{here}:{visit.person.id}", prompt, wish, like=like)
    if post is not None:  # after the panel: should this program die in between, the photo finds its wish again
        await services.recipes.use(visit.person.id, post)


async def _receive_photo(services: Services, visit: Visit, message: Message | ExternalReplyInfo) -> Photo | None:
    """Download, check and store the picture of a message. If that is impossible, tell the visitor and return None."""
    file = attachment(message)
    if file is None:
        return None
    if (file.file_size or 0) > FileSizeLimit.FILESIZE_DOWNLOAD:
        await visit.reply("photo.file_too_large")
        return None
    await visit.show_activity(ChatAction.UPLOAD_PHOTO)
    try:
        data = await downloaded(visit, file.file_id)
        size = await asyncio.to_thread(extent, data)
        if first_choice(Choice(), size, services.limits.max_megapixels) is None:
            await visit.reply("photo.no_room", limit=f"{services.limits.max_megapixels:g}")
            return None
        return await keep_photo(services, visit, message, data, size)
    except BadPhoto as problem:
        await visit.reply(f"photo.bad.{problem.reason}", found=problem.found, limit=problem.limit)
    except BadRequest as error:
        if TOO_BIG not in error.message.lower():
            raise
        await visit.reply("photo.file_too_large")
    return None


def attachment(message: Message | ExternalReplyInfo) -> PhotoSize | Document | Sticker | None:
    """Return the largest photo, the image file or the static sticker of a message, or None.

    A file of unknown type is returned too, because it may be an image.
    """
    if message.photo:
        return message.photo[-1]
    if (
        message.document is not None
        and ((kind := message.document.mime_type or "").startswith("image/") or kind in UNTYPED)
        and message.animation is None
    ):
        return message.document
    if message.sticker is not None and not message.sticker.is_animated and not message.sticker.is_video:
        return message.sticker
    return None


def mentions(message: Message, username: str) -> bool:
    """Return whether a caption mentions the bot or contains /expand."""
    names = message.parse_caption_entities([MessageEntity.MENTION, MessageEntity.BOT_COMMAND]).values()
    return any(name.lower() in (f"@{username}".lower(), "/expand", f"/expand@{username}".lower()) for name in names)


def is_addressed(message: Message, username: str) -> bool:
    """Return whether a message in a group asks the bot for something: by a mention, a command or a reply to it."""
    answered = message.reply_to_message
    mentioned = mentions(message, username) or f"@{username}".lower() in (message.text or "").lower()
    reply = answered is not None and answered.from_user is not None and answered.from_user.username == username
    return mentioned or reply or (message.text or "").startswith("/")


def prompt_of(message: Message, username: str) -> str:
    """Return the caption without the mention or command. A forwarded caption is never a prompt."""
    if message.forward_origin is not None:
        return ""
    words = (message.caption or "").split()
    called = {f"@{username}".lower(), "/expand", f"/expand@{username}".lower()}
    return " ".join(word for word in words if word.lower() not in called)


async def downloaded(visit: Visit, file_id: str) -> bytes:
    """Return the content of a file that Telegram holds."""
    file, buffer = await visit.bot.get_file(file_id), BytesIO()
    await file.download_to_memory(buffer)
    return buffer.getvalue()


async def keep_photo(
    services: Services, visit: Visit, message: Message | ExternalReplyInfo, data: bytes, size: Extent
) -> Photo:
    """Decode a photo once, to check that it is complete and to make its thumbnail, then store the original bytes.

    A photo of another chat belongs to the command that asked for it, because messages there are none of ours.
    """
    (width, height), thumb = await services.decoding.run(size.width * size.height, look, data)
    kept = await services.shelf.put((data, ""), (thumb, ".jpg"))
    blob, small = kept.keys
    here = message if isinstance(message, Message) else visit.message
    photo = Photo(
        person_id=visit.person.id,
        blob=blob,
        thumb=small,
        width=width,
        height=height,
        chat_id=visit.chat.id,
        message_id=here.message_id if here is not None else None,
        media_group=message.media_group_id if isinstance(message, Message) else None,
        spoiler=bool(message.has_media_spoiler),
    )
    edited_at = message.edit_date if isinstance(message, Message) else None
    return await services.store.photos.add(photo, kept, edited_at)
