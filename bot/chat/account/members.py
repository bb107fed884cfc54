"""Membership: the bot is added and greets a group, is removed or blocked, or a group becomes a supergroup."""

from __future__ import annotations

from telegram import ChatMember, ChatMemberUpdated
from telegram.constants import ChatType

from bot.chat.telegram.seat import GROUPS
from bot.chat.telegram.visit import Visit
from bot.services import Services


async def membership(services: Services, visit: Visit) -> None:
    """Stop writing to a chat that removed or blocked the bot, and resume when it is added again."""
    change = visit.membership
    if change is None:
        return
    if change.new_chat_member.status in (ChatMember.LEFT, ChatMember.BANNED):
        await services.people.chat_gone(visit.chat.id)
        return
    await services.people.chat_back(visit.chat.id)
    if _is_new_in_group(visit, change):
        await visit.reply("welcome.group", name=visit.person.name)
    # A channel does not report a language, as a person's app does.
    if visit.chat.kind == ChatType.CHANNEL and visit.chat.language is None:
        await services.people.choose_chat(visit.chat.id, language=visit.whisper.language)


def _is_new_in_group(visit: Visit, change: ChatMemberUpdated) -> bool:
    """Tell whether the bot was added to a group for the first time. `gone_at` is still as it was before the change."""
    outside = change.old_chat_member.status in (ChatMember.LEFT, ChatMember.BANNED)
    return outside and visit.chat.kind in GROUPS and visit.chat.gone_at is None


async def migrated(services: Services, visit: Visit) -> None:
    """Move everything of a group to the new id of its supergroup."""
    message = visit.message
    if message is not None and message.migrate_to_chat_id is not None:
        await services.people.migrate_chat(visit.chat.id, message.migrate_to_chat_id)
