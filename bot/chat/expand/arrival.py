"""Handles incoming photos, image files and static stickers. In a group, the bot reacts only when it is addressed."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Final

from telegram import Document, Message, MessageEntity, PhotoSize, Sticker
from telegram.constants import ChatAction, FileSizeLimit
from telegram.error import BadRequest

from bot.chat.choice import Choice, first_choice
from bot.chat.expand.panel import open_panel
from bot.chat.telegram.visit import Visit, thread_of
from bot.services import Services
from inference.canvas import Extent
from inference.image.codec import extent, look
from inference.image.refusal import BadPhoto
from storage.models import Photo

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


async def expand_command(services: Services, visit: Visit) -> None:
    """Handle /expand as a reply to a photo. If the photo is a result of the bot, continue from its lossless master."""
    if visit.message is None:
        return
    asked = visit.message.reply_to_message
    prompt = (visit.message.text or "").partition(" ")[2].strip()
    if (master := await _master(services, visit, asked)) is not None:
        await open_panel(services, visit, master, f"m{visit.chat.id}:{visit.message.message_id}", prompt)
    elif asked is None or attachment(asked) is None:
        await visit.reply("expand.how" if visit.private else "expand.how_group")
    else:
        await take_photo(services, visit, asked, prompt)


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


async def take_photo(services: Services, visit: Visit, message: Message, prompt: str) -> None:
    """Download, check and store the picture of a message, then open its panel."""
    file = attachment(message)
    if file is None:
        return
    if (file.file_size or 0) > FileSizeLimit.FILESIZE_DOWNLOAD:
        await visit.reply("photo.file_too_large")
        return
    await visit.bot.send_chat_action(visit.chat.id, ChatAction.UPLOAD_PHOTO, message_thread_id=thread_of(message))
    try:
        data = await downloaded(visit, file.file_id)
        size = await asyncio.to_thread(extent, data)
        if first_choice(Choice(), size, services.limits.max_megapixels) is None:
            await visit.reply("photo.no_room", limit=f"{services.limits.max_megapixels:g}")
            return
        photo = await _keep(services, visit, message, data, size)
    except BadPhoto as problem:
        await visit.reply(f"photo.bad.{problem.reason}", found=problem.found, limit=problem.limit)
        return
    except BadRequest as error:
        if "too big" not in error.message.lower():
            raise
        await visit.reply("photo.file_too_large")
        return
    key = (
        f"g{visit.chat.id}:{photo.media_group}"
        if photo.media_group
        else f"m{visit.chat.id}:{message.message_id}:{visit.person.id}"
    )
    await open_panel(services, visit, photo, key, prompt)


def attachment(message: Message) -> PhotoSize | Document | Sticker | None:
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


async def _keep(services: Services, visit: Visit, message: Message, data: bytes, size: Extent) -> Photo:
    """Decode a photo once, to check that it is complete and to make its thumbnail, then store the original bytes."""
    (width, height), thumb = await services.decoding.run(size.width * size.height, look, data)
    return await services.store.add_photo(
        Photo(
            person_id=visit.person.id,
            blob=await services.blobs.put(data, ""),
            thumb=await services.blobs.put(thumb, ".jpg"),
            width=width,
            height=height,
            chat_id=visit.chat.id,
            message_id=message.message_id,
            media_group=message.media_group_id,
        )
    )
