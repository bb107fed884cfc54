"""Users (the bot is one), chats and memberships."""

import json

from bot.playground.refusals import Refusal, bad_request, forbidden
from bot.playground.world import Json, World, dumps

PRESENT = {"creator", "administrator", "member"}
ADMIN_RIGHTS = [
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
    "can_send_welcome_messages",
]
CHANNEL_RIGHTS = ["can_post_messages", "can_edit_messages"]
GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


def user(world: World, user_id: int) -> Json:
    """Return a user in the form that updates carry."""
    found = world.row("SELECT body FROM users WHERE id = ?", user_id)
    if found is None:
        raise bad_request("user not found")
    body: Json = json.loads(found["body"])
    return {"id": user_id, "is_bot": user_id == world.bot_id, **body}


def save_user(world: World, user_id: int, **fields: str) -> Json:
    """Create a user or change the given fields. An empty value deletes a field."""
    found = world.row("SELECT body FROM users WHERE id = ?", user_id)
    old: Json = json.loads(found["body"]) if found else {"first_name": f"Person {user_id}", "language_code": "en"}
    body = {key: value for key, value in (old | fields).items() if value}
    world.run("INSERT OR REPLACE INTO users VALUES (?, ?)", user_id, dumps(body))
    saved = user(world, user_id)
    if saved != (old | {"id": user_id, "is_bot": user_id == world.bot_id}) or not found:
        world.tell("person", person=saved)
    return saved


def everybody(world: World) -> list[Json]:
    """Return every person except the bot, ordered by id."""
    return [user(world, row["id"]) for row in world.rows("SELECT id FROM users WHERE id != ?", world.bot_id)]


def chat_body(world: World, chat_id: int) -> Json | None:
    """Return what the playground stores about a chat, or None if nobody has written there."""
    found = world.row("SELECT body FROM chats WHERE id = ?", chat_id)
    return None if found is None else json.loads(found["body"])


def save_chat(world: World, chat_id: int, **fields: object) -> None:
    """Create a chat or change the given fields."""
    body = (chat_body(world, chat_id) or {}) | fields
    world.run(
        "INSERT INTO chats (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        chat_id,
        dumps(body),
    )


def chat(world: World, chat_id: int) -> Json:
    """Return a chat in the form that messages carry."""
    if chat_id > 0:
        person = user(world, chat_id)
        named: Json = {key: person[key] for key in ("first_name", "last_name", "username") if key in person}
        return {"id": chat_id, "type": "private", **named}
    body = chat_body(world, chat_id)
    if body is None:
        raise bad_request("chat not found")
    return {"id": chat_id, "type": body["type"], "title": body["title"]}


def is_channel(world: World, chat_id: int) -> bool:
    """Tell whether a chat is a channel: administrators post in its name, others read and react anonymously."""
    return chat_id < 0 and (chat_body(world, chat_id) or {}).get("type") == "channel"


def in_charge(world: World, chat_id: int, user_id: int) -> bool:
    """Tell whether a user is an administrator or the creator of a chat."""
    return status(world, chat_id, user_id) in {"creator", "administrator"}


def status(world: World, chat_id: int, user_id: int) -> str:
    """Return a user's status in a chat: creator, administrator, member, left or kicked."""
    found = world.row("SELECT status FROM members WHERE chat_id = ? AND user_id = ?", chat_id, user_id)
    if found is not None:
        return str(found["status"])
    return "member" if chat_id > 0 and user_id in {chat_id, world.bot_id} else "left"


def set_status(world: World, chat_id: int, user_id: int, new: str) -> None:
    """Set a user's status in a chat."""
    world.run("INSERT OR REPLACE INTO members VALUES (?, ?, ?)", chat_id, user_id, new)


def members(world: World, chat_id: int) -> list[int]:
    """Return the ids of a chat's members, the bot included."""
    rows = world.rows("SELECT user_id, status FROM members WHERE chat_id = ?", chat_id)
    return [row["user_id"] for row in rows if row["status"] in PRESENT]


def chat_member(world: World, chat_id: int, user_id: int, standing: str | None = None) -> Json:
    """Return a ChatMember with the fields that its status requires."""
    standing = standing or status(world, chat_id, user_id)
    member: Json = {"user": user(world, user_id), "status": standing}
    if standing == "creator":
        member["is_anonymous"] = False
    elif standing == "administrator":
        rights = ADMIN_RIGHTS + (CHANNEL_RIGHTS if is_channel(world, chat_id) else [])
        member |= dict.fromkeys(rights, True) | {"can_be_edited": False, "is_anonymous": False}
    elif standing == "kicked":
        member["until_date"] = 0
    return member


def reachable(world: World, chat_id: int) -> Json:
    """Return the chat if the bot may write there, or raise Telegram's refusal."""
    body = chat_body(world, chat_id)
    if body is None:
        raise _refused(world, chat_id)
    if "migrated_to" in body:
        raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=body["migrated_to"])
    standing = status(world, chat_id, world.bot_id)
    if chat_id > 0:
        if standing == "kicked":
            raise forbidden("bot was blocked by the user")
    elif standing == "kicked":
        raise forbidden(f"bot was kicked from the {body['type']} chat")
    elif standing not in PRESENT:
        raise forbidden(f"bot is not a member of the {body['type']} chat")
    return chat(world, chat_id)


def _refused(world: World, chat_id: int) -> Refusal:
    shared = world.row(
        "SELECT 1 FROM members a JOIN members b USING (chat_id) WHERE a.user_id = ? AND b.user_id = ?",
        chat_id,
        world.bot_id,
    )
    return forbidden("bot can't initiate conversation with a user") if shared else bad_request("chat not found")
