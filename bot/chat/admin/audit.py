"""/audit for admins: the log of moderation, latest entry last."""

from __future__ import annotations

from babel.dates import format_datetime

from bot.chat.admin.moderation import is_admin
from bot.chat.telegram.visit import Visit
from bot.chat.texts import Texts
from bot.services import Services
from storage.models import AuditEntry

LATEST = 20  # entries; they fit into one message in any language


async def audit(services: Services, visit: Visit) -> None:
    """Send the latest entries, or with a target («/audit post 7») all entries about it."""
    if not is_admin(services, visit):
        if visit.private:
            await visit.reply("review.not_yours")
    elif not visit.private:
        await visit.reply("review.private")
    else:
        target = " ".join(((visit.message and visit.message.text) or "").split()[1:])
        moderation = services.moderation
        entries = await (moderation.log(target) if target else moderation.latest(LATEST))
        lines = [_line(visit.say, entry) for entry in entries[-LATEST:]] or [visit.say.html("audit.none")]
        await visit.write("\n".join(lines))


def _line(say: Texts, entry: AuditEntry) -> str:
    when = format_datetime(entry.created_at, "MM-dd HH:mm", locale=say.language)
    return say.html(f"audit.{entry.act.value}", when=when, actor=entry.actor or "", target=entry.target)
