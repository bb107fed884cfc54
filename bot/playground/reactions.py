"""Reactions: the emoji under a message, and when the bot hears of them."""

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
    """Refuse what is no reaction."""
    if set(emoji) - set(EMOJI):
        raise bad_request("REACTION_INVALID")


def put(world: World, row: Row, user_id: int, emoji: list[str]) -> None:
    """A user reacts with these emoji and no others; the bot hears of people's, where it may see them."""
    check(emoji)
    before = row.reactions.get(str(user_id), [])
    if before == emoji:
        return
    messages.react(world, row, user_id, emoji)
    if user_id != world.bot_id and visible(world, row.chat_id):
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
    """Whether reactions in a chat reach the bot: in private ones, and in groups where it is an administrator."""
    return chat_id > 0 or people.status(world, chat_id, world.bot_id) == "administrator"


def _types(emoji: list[str]) -> list[Json]:
    return [{"type": "emoji", "emoji": one} for one in emoji]
