"""/verify: in reply to a picture, says whether it was made here and whether the photo in it is untouched."""

from __future__ import annotations

import asyncio
from html import escape

from telegram.constants import ChatAction, FileSizeLimit

from bot.chat.cards.verdict import verdict_lines
from bot.chat.expand.arrival import attachment, downloaded
from bot.chat.telegram.visit import Visit
from bot.services import Services
from bot.verification import Archive, drawn, look, verify
from inference.image.codec import extent
from inference.image.refusal import BadPhoto


async def verify_command(services: Services, visit: Visit) -> None:
    """Handle /verify as a reply to a picture."""
    quoted = visit.message.external_reply if visit.message is not None else None
    asked = visit.answered or quoted  # Telegram calls a reply to a message of another chat external
    file = attachment(asked) if asked is not None else None
    if file is None:
        await visit.reply("verify.how")
        return
    if (file.file_size or 0) > FileSizeLimit.FILESIZE_DOWNLOAD:
        await visit.reply("photo.file_too_large")
        return
    await visit.show_activity(ChatAction.TYPING)
    try:
        data = await downloaded(visit, file.file_id)
        size = await asyncio.to_thread(extent, data)
        seen = await services.decoding.run(size.area, look, data, services.marks)
    except BadPhoto as problem:
        await visit.reply(f"photo.bad.{problem.reason}", found=problem.found, limit=problem.limit)
        return
    verdict = await verify(seen, Archive(services.register, services.store, services.pictures))
    lines = escape("\n".join(verdict_lines(visit.say, verdict)))
    picture = await asyncio.to_thread(drawn, seen, verdict)
    if picture is None:
        await visit.write(lines)
    else:
        await visit.send(lambda seat: visit.bot.send_photo(photo=picture, caption=lines, **seat.address))
