"""/verify: in reply to a picture, says whether it was made here and whether the photo in it is untouched."""

from __future__ import annotations

import asyncio
from typing import Any

from telegram.constants import ChatAction, FileSizeLimit

from bot.chat.cards.verdict import verdict_lines
from bot.chat.expand.arrival import attachment, downloaded
from bot.chat.telegram.visit import Visit, answer_to, thread_of
from bot.services import Services
from bot.verification import Archive, drawn, look, verify
from inference.image.codec import extent
from inference.image.refusal import BadPhoto


async def verify_command(services: Services, visit: Visit) -> None:
    """Handle /verify as a reply to a picture."""
    asked = visit.message.reply_to_message if visit.message is not None else None
    file = attachment(asked) if asked is not None else None
    if file is None:
        await visit.reply("verify.how")
        return
    if (file.file_size or 0) > FileSizeLimit.FILESIZE_DOWNLOAD:
        await visit.reply("photo.file_too_large")
        return
    await visit.bot.send_chat_action(visit.chat.id, ChatAction.TYPING, message_thread_id=thread_of(visit.message))
    try:
        data = await downloaded(visit, file.file_id)
        size = await asyncio.to_thread(extent, data)
        seen = await services.decoding.run(size.area, look, data, services.marks)
    except BadPhoto as problem:
        await visit.reply(f"photo.bad.{problem.reason}", found=problem.found, limit=problem.limit)
        return
    verdict = await verify(seen, Archive(services.register, services.store, services.blobs))
    lines = "\n".join(verdict_lines(visit.say, verdict))
    picture = await asyncio.to_thread(drawn, seen, verdict)
    where: dict[str, Any] = {
        "message_thread_id": thread_of(visit.message),
        "reply_parameters": answer_to(visit.message),
    }
    if picture is None:
        await visit.bot.send_message(visit.chat.id, lines, parse_mode=None, **where)
    else:
        await visit.bot.send_photo(visit.chat.id, picture, caption=lines, parse_mode=None, **where)
