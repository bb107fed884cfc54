"""What a person can do in a chat, and which of it the bot receives as an update."""

import secrets
from typing import Any

from bot.playground import entities, groups, messages, people, queries, reactions, updates
from bot.playground.files import Medium
from bot.playground.methods.sending import origin, passed_on
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World


def enter(world: World, user_id: int, chat_id: int) -> None:
    """Check that this person may act in this chat. The first act in a private chat creates it.

    Raises a Refusal if the person is not a member or the group has become a supergroup.
    """
    people.user(world, user_id)
    if chat_id > 0:
        if chat_id != user_id:
            raise bad_request("chat not found")
        if people.chat_body(world, chat_id) is None:
            people.save_chat(world, chat_id, type="private")
            world.tell("chat", chat=chat_id)
        return
    if people.status(world, chat_id, user_id) not in people.PRESENT:
        raise bad_request("this person is not a member of the chat")
    if "migrated_to" in (people.chat_body(world, chat_id) or {}):
        raise bad_request("the group moved to its supergroup")


def send(world: World, user_id: int, chat_id: int, contents: list[Json], reply_to: int | None) -> list[Json]:
    """Send one message, or several as an album, and return them as the page sees them."""
    enter(world, user_id, chat_id)
    channel = people.is_channel(world, chat_id)
    if channel and not people.in_charge(world, chat_id, user_id):
        raise bad_request("not enough rights to post in the channel")
    unblock_by_writing(world, user_id, chat_id)
    album = str(secrets.randbits(53)) if len(contents) > 1 else None
    answered = reply_to if reply_to and messages.find(world, chat_id, reply_to) else None
    sent = []
    for content in contents:
        body = content | {"_reply_to": answered, "media_group_id": album}
        row = messages.add(world, chat_id, user_id, body)
        if hears(world, row):
            updates.offer(world, "channel_post" if channel else "message", messages.seen(world, row))
        sent.append(messages.shown(world, row))
    return sent


def unblock_by_writing(world: World, user_id: int, chat_id: int) -> None:
    """Unblock the bot when a person who blocked it writes to it."""
    if chat_id > 0 and people.status(world, chat_id, world.bot_id) == "kicked":
        groups.change_standing(world, chat_id, user_id, world.bot_id, "member")


def text(words: str) -> Json:
    """Return the content of a text message."""
    plain, found = entities.formatted(words, "", None)
    if not plain:
        raise bad_request("message text is empty")
    return {"text": plain[:4096], "entities": found or None}


def media(world: World, medium: Medium, caption: str, *, spoiler: bool = False) -> Json:
    """Return the content of a message with a file."""
    medium.record(world)
    plain, found = entities.formatted(caption, "", None)
    body: Json = {medium.kind: medium.content, "caption": plain[:1024] or None, "caption_entities": found or None}
    if medium.kind == "animation":
        body["document"] = {key: value for key, value in medium.content.items() if key not in {"width", "height"}}
    return body | {"has_media_spoiler": spoiler or None}


def hears(world: World, row: messages.Row) -> bool:
    """Tell whether the bot receives a person's message: in private always, in a group if privacy mode allows it."""
    standing = people.status(world, row.chat_id, world.bot_id)
    if row.chat_id > 0 or standing not in people.PRESENT:
        return standing in people.PRESENT
    if standing in {"administrator", "creator"} or world.setting("reads_all", False):
        return True
    answered = row.body.get("_reply_to")
    original = messages.find(world, row.chat_id, answered) if answered else None
    if original is not None and original.sender_id == world.bot_id:
        return True
    return "via_bot" in row.body or _addressed(world, row.body)


def _addressed(world: World, body: Json) -> bool:
    username = people.user(world, world.bot_id)["username"].lower()
    words = body.get("text") or body.get("caption") or ""
    for entity in body.get("entities") or body.get("caption_entities") or []:
        part = entities.piece(words, entity).lower()
        if entity["type"] == "bot_command" and part.partition("@")[2] in {"", username}:
            return True
        if entity["type"] == "mention" and part == f"@{username}":
            return True
    return False


def tap(world: World, user_id: int, chat_id: int, message_id: int, data: str) -> str:
    """Press an inline button. Returns the query's id, which the bot's answer carries.

    As on Telegram, a client may send any data, also data that no button of the message has.
    """
    enter(world, user_id, chat_id)
    row = messages.get(world, chat_id, message_id, "tap")
    query_id = queries.ask(world, "callback", user_id, chat=chat_id, message_id=message_id)
    query: Json = {
        "id": query_id,
        "from": people.user(world, user_id),
        "chat_instance": str(chat_id * 7919 + 10**15),
        "data": data,
    }
    inline = row.body.get("_inline")
    query |= {"inline_message_id": inline} if inline else {"message": messages.seen(world, row)}
    updates.offer(world, "callback_query", query)
    return query_id


def react(world: World, user_id: int, chat_id: int, message_id: int, emoji: list[str]) -> None:
    """Replace this person's reactions to a message with these."""
    enter(world, user_id, chat_id)
    reactions.put(world, messages.get(world, chat_id, message_id, "react"), user_id, emoji[:1])


def edit(world: World, user_id: int, chat_id: int, message_id: int, words: str) -> Json:
    """Edit a message of this person's own."""
    enter(world, user_id, chat_id)
    row = messages.get(world, chat_id, message_id, "edit")
    if row.sender_id != user_id:
        raise bad_request("message can't be edited")
    if "text" in row.body:
        changes = text(words)
    else:
        plain, found = entities.formatted(words, "", None)
        changes = {"caption": plain or None, "caption_entities": found or None}
    changed = messages.edit(world, row, changes)
    if hears(world, changed):
        kind = "edited_channel_post" if people.is_channel(world, chat_id) else "edited_message"
        updates.offer(world, kind, messages.seen(world, changed))
    return messages.shown(world, changed)


def delete(world: World, user_id: int, chat_id: int, message_id: int) -> None:
    """Delete a message. Telegram does not tell bots about it."""
    enter(world, user_id, chat_id)
    row = messages.get(world, chat_id, message_id, "delete")
    if chat_id < 0 and row.sender_id != user_id and not people.in_charge(world, chat_id, user_id):
        raise bad_request("message can't be deleted")
    messages.delete(world, row)


def forward(world: World, user_id: int, chat_id: int, from_chat: int, message_id: int) -> Any:
    """Forward a message that this person can see into one of their chats."""
    enter(world, user_id, from_chat)
    source = messages.get(world, from_chat, message_id, "forward")
    content = passed_on(source) | {"forward_origin": origin(world, source)}
    return send(world, user_id, chat_id, [content], None)[0]
