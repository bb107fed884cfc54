"""Channels: administrators act in the channel's name, readers are counted anonymously, and posts can be shared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import telegram
from telegram import ChatMember, ReactionCount, ReactionTypeEmoji, ReactionTypePaid
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.chat.gallery.share import post_behind
from bot.chat.telegram.media import remember, results_changed
from bot.chat.telegram.outcome import Fate, fate_of
from bot.chat.telegram.visit import Bot, Visit
from bot.chat.titles import clean_name
from bot.services import Services
from storage.models import MessageKind, PostStatus

PAID = "⭐"


async def in_its_name(services: Services, visit: Visit) -> Visit:
    """Return the visit with a chat as the person if the tap came from an administrator who acts for it.

    In a channel they always do. In a group they do on what an anonymous administrator has asked for, and in a private
    chat on what belongs to a channel.
    """
    if visit.person.id == visit.chat.id and not visit.private:
        return visit
    if visit.chat.kind == ChatType.CHANNEL:
        return await acting_for(services, visit, visit.chat.id)
    owner = visit.shown.person_id if visit.shown is not None else None
    if owner is None or owner > 0 or not (visit.private or owner == visit.chat.id):
        return visit
    return await acting_for(services, visit, owner)


async def acting_for(services: Services, visit: Visit, chat_id: int) -> Visit:
    """Return the visit with a chat as the person if the visitor is one of its administrators."""
    try:
        member = await visit.bot.get_chat_member(chat_id, visit.person.id)
    except TelegramError as error:
        if fate_of(error) is not Fate.NO_ENTRY:
            raise
        return visit  # the bot is no longer there to ask
    chat = await services.people.chat(chat_id)
    if chat is None or member.status not in (ChatMember.OWNER, ChatMember.ADMINISTRATOR):
        return visit
    person = await services.people.see(chat_id, clean_name(chat.title))
    return replace(visit, person=person, banned=await services.moderation.banned(chat_id, visit.chat.id))


async def shared(services: Services, bot: Bot, update: telegram.Update) -> None:
    """Remember a post that somebody shared by inline mode, so that reactions to it find the post."""
    message = update.effective_message
    if message is None or message.via_bot is None or message.via_bot.id != bot.id:
        return
    number = post_behind(bot.username, message)
    post = await services.gallery.post(number) if number is not None else None
    if post is not None and post.status is PostStatus.LIVE:
        await remember(services, (message.chat.id, message.message_id), MessageKind.SHARED, None, post.expansion_id)


async def counted(services: Services, _bot: Bot, update: telegram.Update) -> None:
    """Store the anonymous reaction counts of a message. They are no votes, because people could be counted twice."""
    counts = update.message_reaction_count
    if counts is None or await services.moderation.banned(counts.chat.id):
        return
    shown = await services.messages.message(counts.chat.id, counts.message_id)
    if shown is None or shown.expansion_id is None or not shown.kind.shows_one_for_good:
        return
    await services.anonymous.put(counts.chat.id, counts.message_id, shown.expansion_id, counts_of(counts.reactions))
    await results_changed(services, shown.expansion_id)


def counts_of(reactions: Sequence[ReactionCount]) -> Counter[str]:
    """Return the count of each emoji. Custom emoji are omitted, because only some apps can show them."""
    counts: Counter[str] = Counter()
    for reaction in reactions:
        if isinstance(reaction.type, ReactionTypeEmoji):
            counts[reaction.type.emoji] += reaction.total_count
        elif isinstance(reaction.type, ReactionTypePaid):
            counts[PAID] += reaction.total_count
    return counts
