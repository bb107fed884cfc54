"""Reactions: buttons under an image and Telegram's own reactions count as one vote per person."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import ReactionType, ReactionTypeEmoji

from bot.chat.buttons.result import React
from bot.chat.telegram.media import results_changed
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.models import Expansion, Feeling, PostStatus, Status

NATIVE = {
    Feeling.LAUGHING: "🤣 😁 🤪 🤡 🙈 🙉 🙊",
    Feeling.MIND_BLOWN: "🤯 🤩 👀 ⚡ 🦄 👾 🆒",
    Feeling.LOVING: "😍 ❤ ❤️‍🔥 🥰 👏 👍 🔥 💯 🏆 🎉 💘 😘 💋 🍾 👌 🤗 😎",
    Feeling.SCREAMING: "😱 👻 😨 😈 🎃",
    Feeling.YAWNING: "🥱 😴 👎 😐 🥴 💩",
}
"""The Telegram reactions that count as each feeling. Telegram has no 😂, and the others (✍, 🙏 …) say nothing."""

VARIANT = "\ufe0f"  # variation selector: ❤ with and without it are the same
FEELINGS = {emoji.replace(VARIANT, ""): feeling for feeling, some in NATIVE.items() for emoji in some.split()}
"""The feeling of each emoji, without variation selectors."""


def feeling_of(reactions: Sequence[ReactionType]) -> Feeling | None:
    """Return the feeling of the newest reaction that has one, or None."""
    emoji = [r.emoji.replace(VARIANT, "") for r in reactions if isinstance(r, ReactionTypeEmoji)]
    return next((FEELINGS[one] for one in reversed(emoji) if one in FEELINGS), None)


async def react_button(services: Services, visit: Visit, tap: React) -> None:
    """Toggle a reaction by its button."""
    expansion = await services.store.expansion(tap.expansion)
    if expansion is None or expansion.status is not Status.DONE:
        await visit.toast("tap.gone")
    elif not await _visible(services, visit, expansion):
        await visit.toast("reaction.not_here")
    else:
        who, felt = visit.person.id, tap.feeling
        _counts, own = await services.gallery.react(expansion.id, who, felt, update_id=visit.update_id)
        await visit.toast("reaction.given" if own else "reaction.taken_back", feeling=tap.feeling.value)
        tapped = [(visit.chat.id, visit.message.message_id)] if visit.message is not None else []
        await results_changed(services, expansion.id, *tapped)


async def native_reaction(services: Services, visit: Visit) -> None:
    """Record a native Telegram reaction to one of the bot's images as a vote."""
    if visit.reaction is None:
        return
    message_id = visit.reaction.message_id
    shown = await services.messages.message(visit.chat.id, message_id)
    if shown is None or shown.expansion_id is None or not shown.kind.shows_picture:
        return
    feeling = feeling_of(visit.reaction.new_reaction)
    await services.gallery.react(shown.expansion_id, visit.person.id, feeling, native_in=message_id)
    await results_changed(services, shown.expansion_id, (visit.chat.id, message_id))


async def _visible(services: Services, visit: Visit, expansion: Expansion) -> bool:
    """Tell whether the visitor can see an expansion: it is theirs, was made in this chat, or is in the gallery."""
    if visit.person.id == expansion.person_id or visit.chat.id == expansion.chat_id:
        return True
    post = await services.gallery.post_of(expansion.id)
    return post is not None and post.status is PostStatus.LIVE
