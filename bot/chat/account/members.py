"""Coming and going: a bot added, removed or blocked, and groups that become supergroups."""

from __future__ import annotations

from telegram.constants import ChatType

from bot.chat.telegram.visit import Visit
from bot.services import Services


async def membership(services: Services, visit: Visit) -> None:
    """A chat that threw us out is written to no more, until it takes us back."""
    change = visit.membership
    if change is None:
        return
    if change.new_chat_member.status in (change.new_chat_member.LEFT, change.new_chat_member.BANNED):
        await services.people.chat_gone(visit.chat.id)
        return
    await services.people.chat_back(visit.chat.id)
    if visit.chat.kind == ChatType.CHANNEL and visit.chat.language is None:  # it has none of its own, as people have
        await services.people.choose_chat(visit.chat.id, language=visit.whisper.language)


async def migrated(services: Services, visit: Visit) -> None:
    """A group that has become a supergroup has a new id; everything of it moves along."""
    message = visit.message
    if message is not None and message.migrate_to_chat_id is not None:
        await services.people.migrate_chat(visit.chat.id, message.migrate_to_chat_id)
