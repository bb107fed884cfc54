"""Reactions: the emoji under a message, and when the bot receives an update about them."""

from collections import Counter

from bot.playground import messages, people, updates
from bot.playground.messages import Row
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World

# Every emoji that the Bot API's ReactionTypeEmoji lists.
EMOJI = [
    "👍",
    "👎",
    "❤",
    "🔥",
    "🥰",
    "👏",
    "😁",
    "🤔",
    "🤯",
    "😱",
    "🤬",
    "😢",
    "🎉",
    "🤩",
    "🤮",
    "💩",
    "🙏",
    "👌",
    "🕊",
    "🤡",
    "🥱",
    "🥴",
    "😍",
    "🐳",
    "❤️\u200d🔥",
    "🌚",
    "🌭",
    "💯",
    "🤣",
    "⚡",
    "🍌",
    "🏆",
    "💔",
    "🤨",
    "😐",
    "🍓",
    "🍾",
    "💋",
    "🖕",
    "😈",
    "😴",
    "😭",
    "🤓",
    "👻",
    "👨\u200d💻",
    "👀",
    "🎃",
    "🙈",
    "😇",
    "😨",
    "🤝",
    "✍",
    "🤗",
    "🫡",
    "🎅",
    "🎄",
    "☃",
    "💅",
    "🤪",
    "🗿",
    "🆒",
    "💘",
    "🙉",
    "🦄",
    "😘",
    "💊",
    "🙊",
    "😎",
    "👾",
    "🤷\u200d♂️",
    "🤷",
    "🤷\u200d♀️",
    "😡",
]


def check(emoji: list[str]) -> None:
    """Raise a refusal if an emoji is not a reaction."""
    if set(emoji) - set(EMOJI):
        raise bad_request("REACTION_INVALID")


def put(world: World, row: Row, user_id: int, emoji: list[str]) -> None:
    """Replace a user's reactions. The bot receives an update about a person's reaction where it may see it."""
    check(emoji)
    before = row.reactions.get(str(user_id), [])
    if before == emoji:
        return
    changed = messages.react(world, row, user_id, emoji)
    if not visible(world, row.chat_id):
        return
    if people.is_channel(world, row.chat_id):
        _count(world, changed)
    elif user_id != world.bot_id:
        updates.offer(
            world,
            "message_reaction",
            {
                "chat": people.chat(world, row.chat_id),
                "message_id": row.message_id,
                "user": people.user(world, user_id),
                "date": world.date,
                "old_reaction": _types(before),
                "new_reaction": _types(emoji),
            },
        )


def visible(world: World, chat_id: int) -> bool:
    """Tell whether the bot receives reactions in a chat: in private chats, and where it is an administrator."""
    return chat_id > 0 or people.status(world, chat_id, world.bot_id) == "administrator"


def _count(world: World, row: Row) -> None:
    """Queue an anonymous count of the emoji under a channel's post. It replaces an older count that still waits."""
    counts = Counter(one for emoji in row.reactions.values() for one in emoji)
    body: Json = {
        "chat": people.chat(world, row.chat_id),
        "message_id": row.message_id,
        "date": world.date,
        "reactions": [
            {"type": {"type": "emoji", "emoji": emoji}, "total_count": count} for emoji, count in counts.most_common()
        ],
    }
    updates.offer(world, "message_reaction_count", body, instead=("$.chat.id", "$.message_id"))


def _types(emoji: list[str]) -> list[Json]:
    return [{"type": "emoji", "emoji": one} for one in emoji]
