"""Groups and channels: creation, membership, and the upgrade of a group to a supergroup."""

from bot.playground import messages, people, updates
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World

PERMISSIONS = dict.fromkeys(
    [
        "can_send_messages",
        "can_send_audios",
        "can_send_documents",
        "can_send_photos",
        "can_send_videos",
        "can_send_video_notes",
        "can_send_voice_notes",
        "can_send_polls",
        "can_send_other_messages",
        "can_add_web_page_previews",
        "can_change_info",
        "can_invite_users",
        "can_pin_messages",
        "can_manage_topics",
    ],
    True,
)

CHANNELS = -1_001_000_000_000  # ids of supergroups and channels are below this


def create(world: World, title: str, creator: int, members: list[int], chat_id: int | None = None) -> int:
    """Create a group with these people (and the bot, if it is among them) and return its id."""
    if not title.strip():
        raise bad_request("CHAT_TITLE_EMPTY")
    if chat_id is None:
        row = world.row("SELECT min(min(id), -4) AS least FROM chats WHERE id > -1000000000000")
        chat_id = (int(row["least"] or -4) if row else -4) - 1
    people.save_chat(world, chat_id, type="group", title=title.strip())
    people.set_status(world, chat_id, creator, "creator")
    for user_id in [creator, *members]:
        people.user(world, user_id)
    for user_id in set(members) - {creator}:
        people.set_status(world, chat_id, user_id, "member")
    world.tell("chat", chat=chat_id)
    service(world, chat_id, creator, group_chat_created=True)
    if world.bot_id in members:
        tell_standing(world, chat_id, creator, world.bot_id, "left", "member")
    return chat_id


def create_channel(world: World, title: str, creator: int, subscribers: list[int], *, bot: bool) -> int:
    """Create a channel and return its id. A bot can be in it only as an administrator."""
    if not title.strip():
        raise bad_request("CHAT_TITLE_EMPTY")
    row = world.row("SELECT min(id) AS least FROM chats")
    chat_id = min(int(row["least"] or 0) if row else 0, CHANNELS) - 1
    people.save_chat(world, chat_id, type="channel", title=title.strip())
    for user_id in {*subscribers, creator} - {world.bot_id}:
        people.user(world, user_id)
        people.set_status(world, chat_id, user_id, "creator" if user_id == creator else "member")
    world.tell("chat", chat=chat_id)
    messages.add(world, chat_id, creator, {"channel_chat_created": True})
    if bot:
        change_standing(world, chat_id, creator, world.bot_id, "administrator")
    return chat_id


def change_standing(world: World, chat_id: int, by: int, user_id: int, new: str) -> None:
    """Change a user's status in a chat (join, leave, removal, promotion) on behalf of `by`."""
    old, channel = people.status(world, chat_id, user_id), people.is_channel(world, chat_id)
    if old == new:
        return
    if channel and user_id == world.bot_id and new == "member":
        raise bad_request("bots can be only administrators of a channel")
    people.set_status(world, chat_id, user_id, new)
    world.tell("chat", chat=chat_id)
    came, went = (
        old not in people.PRESENT and new in people.PRESENT,
        old in people.PRESENT and new not in people.PRESENT,
    )
    if chat_id < 0 and came and not channel:
        service(world, chat_id, by, new_chat_members=[people.user(world, user_id)])
    if chat_id < 0 and went and not channel:
        service(world, chat_id, by, left_chat_member=people.user(world, user_id))
    tell_standing(world, chat_id, by, user_id, old, new)


def tell_standing(world: World, chat_id: int, by: int, user_id: int, old: str, new: str) -> None:
    """Send the my_chat_member or chat_member update of a change."""
    kind = "my_chat_member" if user_id == world.bot_id else "chat_member"
    if kind == "chat_member" and people.status(world, chat_id, world.bot_id) != "administrator":
        return
    change: Json = {
        "chat": people.chat(world, chat_id),
        "from": people.user(world, by),
        "date": world.date,
        "old_chat_member": people.chat_member(world, chat_id, user_id, old),
        "new_chat_member": people.chat_member(world, chat_id, user_id, new),
    }
    updates.offer(world, kind, change)


def service(world: World, chat_id: int, by: int, **what: object) -> None:
    """Add a service message. The bot receives it if it is in the chat."""
    row = messages.add(world, chat_id, by, dict(what))
    removed = what.get("left_chat_member")
    if people.status(world, chat_id, world.bot_id) in people.PRESENT and not (
        isinstance(removed, dict) and removed["id"] == world.bot_id
    ):
        updates.offer(world, "message", messages.seen(world, row))


def upgrade(world: World, chat_id: int, by: int) -> int:
    """Turn a group into a supergroup and return its new id. The old group only points to the new one."""
    body = people.chat_body(world, chat_id)
    if body is None or body["type"] != "group" or "migrated_to" in body:
        raise bad_request("chat can't be upgraded")
    new_id = -1_000_000_000_000 + chat_id
    people.save_chat(world, new_id, type="supergroup", title=body["title"])
    for row in world.rows("SELECT user_id, status FROM members WHERE chat_id = ?", chat_id):
        people.set_status(world, new_id, row["user_id"], row["status"])
    service(world, chat_id, by, migrate_to_chat_id=new_id)
    service(world, new_id, by, migrate_from_chat_id=chat_id)
    people.save_chat(world, chat_id, migrated_to=new_id)
    world.tell("chat", chat=chat_id)
    world.tell("chat", chat=new_id)
    return new_id
