"""Channels: their administrators act in their name, readers are only counted, and posts are shared into them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import telegram
from telegram import ChatMember, ReactionCount, ReactionTypeEmoji, ReactionTypePaid
from telegram.constants import ChatType

from bot.chat.gallery.share import post_behind
from bot.chat.telegram.media import remember, results_changed
from bot.chat.telegram.visit import Bot, Visit
from bot.chat.titles import clean_name
from bot.services import Services
from storage.models import MessageKind, PostStatus

PAID = "⭐"


async def in_its_name(services: Services, visit: Visit) -> Visit:
    """A tap of an administrator of a channel is the channel's: whoever may post there, may choose there."""
    if visit.chat.kind != ChatType.CHANNEL or visit.person.id == visit.chat.id:
        return visit
    member = await visit.bot.get_chat_member(visit.chat.id, visit.person.id)
    if member.status not in (ChatMember.OWNER, ChatMember.ADMINISTRATOR):
        return visit
    channel = await services.people.see(visit.chat.id, clean_name(visit.chat.title))
    return replace(visit, person=channel)


async def shared(services: Services, bot: Bot, update: telegram.Update) -> None:
    """A picture of the gallery that somebody sent via us: from now on, reactions to it find its post."""
    message = update.effective_message
    if message is None or message.via_bot is None or message.via_bot.id != bot.id:
        return
    number = post_behind(bot.username, message)
    post = await services.gallery.post(number) if number is not None else None
    if post is not None and post.status is PostStatus.LIVE:
        await remember(services, (message.chat.id, message.message_id), MessageKind.SHARED, None, post.expansion_id)


async def counted(services: Services, _bot: Bot, update: telegram.Update) -> None:
    """How often each emoji is under a message by now. No vote: nobody knows whose they are, or how many people's."""
    counts = update.message_reaction_count
    if counts is None or await services.moderation.banned(counts.chat.id):
        return
    shown = await services.messages.message(counts.chat.id, counts.message_id)
    if shown is None or shown.expansion_id is None or not shown.kind.shows_one_for_good:
        return
    await services.anonymous.put(counts.chat.id, counts.message_id, shown.expansion_id, counts_of(counts.reactions))
    await results_changed(services, shown.expansion_id)


def counts_of(reactions: Sequence[ReactionCount]) -> Counter[str]:
    """By emoji. Custom ones are pictures that only some apps can show, and are left out."""
    counts: Counter[str] = Counter()
    for reaction in reactions:
        if isinstance(reaction.type, ReactionTypeEmoji):
            counts[reaction.type.emoji] += reaction.total_count
        elif isinstance(reaction.type, ReactionTypePaid):
            counts[PAID] += reaction.total_count
    return counts
