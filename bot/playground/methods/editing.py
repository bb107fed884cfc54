"""Methods that edit, delete and pin messages."""

from collections.abc import Callable
from typing import Any

from bot.playground import content, messages, people
from bot.playground.call import Call
from bot.playground.messages import Row
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World

DELETABLE = 48 * 3600  # seconds; older messages cannot be deleted


def edit_text(world: World, call: Call) -> Json | bool:
    """editMessageText."""
    row = _own(world, call)
    if "text" not in row.body:
        raise bad_request("there is no text in the message to edit")
    return _edited(world, call, row, content.text(call) | content.markup(call))


def edit_caption(world: World, call: Call) -> Json | bool:
    """editMessageCaption."""
    row = _own(world, call)
    if not any(kind in row.body for kind in content.CAPTIONED):
        raise bad_request("there is no caption in the message to edit")
    return _edited(world, call, row, content.caption(call) | content.markup(call))


def edit_media(world: World, call: Call) -> Json | bool:
    """editMessageMedia: replace the file. A text message becomes one with a photo."""
    row, item = _own(world, call), call.json("media") or {}
    if not isinstance(item, dict) or "type" not in item:
        raise bad_request("can't parse InputMedia: Can't find field \"type\"")
    medium = content.medium(world, call, "", item["type"], str(item.get("media", "")))
    changes = content.with_medium(medium, item) | content.caption(item) | content.markup(call)
    return _edited(world, call, row, changes)


def edit_markup(world: World, call: Call) -> Json | bool:
    """editMessageReplyMarkup."""
    return _edited(world, call, _own(world, call), content.markup(call))


def _own(world: World, call: Call) -> Row:
    inline = call.text("inline_message_id")
    if inline:
        return _inline(world, inline)
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    row = messages.get(world, chat_id, call.integer("message_id"), "edit")
    if row.sender_id != world.bot_id:
        raise bad_request("message can't be edited")
    return row


def _inline(world: World, inline_message_id: str) -> Row:
    place = world.row(
        "SELECT chat_id, message_id FROM messages WHERE json_extract(body, '$._inline') = ?", inline_message_id
    )
    found = place and messages.find(world, place["chat_id"], place["message_id"])
    if not found:
        raise bad_request("MESSAGE_ID_INVALID")
    return found


def _edited(world: World, call: Call, row: Row, changes: Json) -> Json | bool:
    changed = messages.edit(world, row, changes)
    return True if call.text("inline_message_id") else messages.seen(world, changed)


def delete_message(world: World, call: Call) -> bool:
    """deleteMessage."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    row = messages.get(world, chat_id, call.integer("message_id"), "delete")
    if not _deletable(world, row):
        raise bad_request("message can't be deleted for everyone")
    messages.delete(world, row)
    return True


def delete_messages(world: World, call: Call) -> bool:
    """deleteMessages: delete those that can be deleted and skip the others."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    for message_id in call.json("message_ids", []):
        row = messages.find(world, chat_id, int(message_id))
        if row is not None and _deletable(world, row):
            messages.delete(world, row)
    return True


def _deletable(world: World, row: Row) -> bool:
    rights = row.chat_id > 0 or people.status(world, row.chat_id, world.bot_id) == "administrator"
    own = row.sender_id == world.bot_id
    if row.chat_id < 0 and rights:
        return True
    return (own or rights) and world.now - row.date < DELETABLE


def pin_message(world: World, call: Call) -> bool:
    """pinChatMessage."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    messages.get(world, chat_id, call.integer("message_id"), "pin")
    people.save_chat(world, chat_id, pinned=call.integer("message_id"))
    world.tell("chat", chat=chat_id)
    return True


def unpin_message(world: World, call: Call) -> bool:
    """unpinChatMessage."""
    people.save_chat(world, call.integer("chat_id"), pinned=None)
    world.tell("chat", chat=call.integer("chat_id"))
    return True


METHODS: dict[str, Callable[[World, Call], Any]] = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageMedia": edit_media,
    "editMessageReplyMarkup": edit_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "pinChatMessage": pin_message,
    "unpinChatMessage": unpin_message,
}
