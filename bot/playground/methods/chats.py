"""Methods about chats, their members, and files."""

from collections.abc import Callable
from typing import Any

from bot.playground import files, groups, people
from bot.playground.call import Call
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World


def get_chat(world: World, call: Call) -> Json:
    """getChat."""
    chat = people.reachable(world, call.integer("chat_id"))
    return chat | {
        "accent_color_id": chat["id"] % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": people.GIFTS,
        "permissions": groups.PERMISSIONS if chat["id"] < 0 else None,
    }


def get_chat_member(world: World, call: Call) -> Json:
    """getChatMember."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    return people.chat_member(world, chat_id, call.integer("user_id"))


def get_administrators(world: World, call: Call) -> list[Json]:
    """getChatAdministrators: return the administrators, this bot included but no other bots."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    if chat_id > 0:
        raise bad_request("there are no administrators in the private chat")
    everyone = [people.chat_member(world, chat_id, user_id) for user_id in people.members(world, chat_id)]
    return [member for member in everyone if member["status"] in {"creator", "administrator"}]


def get_member_count(world: World, call: Call) -> int:
    """getChatMemberCount."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    return 2 if chat_id > 0 else len(people.members(world, chat_id))


def leave_chat(world: World, call: Call) -> bool:
    """leaveChat."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    groups.change_standing(world, chat_id, world.bot_id, world.bot_id, "left")
    return True


def get_file(world: World, call: Call) -> Json:
    """getFile: return the path of a file of at most 20 MB."""
    found = files.find(world, call.text("file_id"))
    if found is None:
        missing = "file_id not specified" if not call.text("file_id") else "invalid file_id"
        raise bad_request(missing)
    row, _ = found
    if row.size > files.DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": row.file_id,
        "file_unique_id": row.unique_id,
        "file_path": row.path,
    } | ({"file_size": row.size} if row.size else {})


def get_profile_photos(_world: World, _call: Call) -> Json:
    """getUserProfilePhotos: return none, because nobody in the playground has a photo."""
    return {"total_count": 0, "photos": []}


METHODS: dict[str, Callable[[World, Call], Any]] = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_administrators,
    "getChatMemberCount": get_member_count,
    "leaveChat": leave_chat,
    "getFile": get_file,
    "getUserProfilePhotos": get_profile_photos,
}
