"""Messages: rows whose body is what the Bot API shows. Keys that begin with `_` are internal."""

import json
from dataclasses import dataclass
from typing import Any

from bot.playground import people
from bot.playground.refusals import NOT_MODIFIED, bad_request
from bot.playground.world import Json, World, dumps

MEDIA = ("photo", "document", "animation", "video", "sticker", "audio", "voice")


@dataclass(frozen=True)
class Row:
    """One message as stored."""

    chat_id: int
    message_id: int
    sender_id: int
    date: int
    body: Json
    reactions: dict[str, list[str]]


def find(world: World, chat_id: int, message_id: int) -> Row | None:
    """Return a message, or None if it was deleted."""
    row = world.row("SELECT * FROM messages WHERE chat_id = ? AND message_id = ?", chat_id, message_id)
    return None if row is None else _row(row)


def _row(row: Any) -> Row:
    body, reactions = json.loads(row["body"]), json.loads(row["reactions"])
    return Row(row["chat_id"], row["message_id"], row["sender_id"], row["date"], body, reactions)


def get(world: World, chat_id: int, message_id: int, purpose: str) -> Row:
    """Return a message, or raise the refusal «message to <purpose> not found»."""
    found = find(world, chat_id, message_id)
    if found is None:
        raise bad_request(f"message to {purpose} not found")
    return found


def history(world: World, chat_id: int, before: int, limit: int) -> list[Row]:
    """Return the newest messages below an id, oldest first."""
    rows = world.rows(
        "SELECT * FROM messages WHERE chat_id = ? AND message_id < ? ORDER BY message_id DESC LIMIT ?",
        chat_id,
        before,
        limit,
    )
    return [_row(row) for row in reversed(rows)]


def seen(world: World, row: Row, *, nested: bool = False) -> Json:
    """Return a message as the bot sees it."""
    shown = {key: value for key, value in row.body.items() if not key.startswith("_") and value is not None}
    chat = people.chat(world, row.chat_id)
    author = {"sender_chat": chat} if chat["type"] == "channel" else {"from": people.user(world, row.sender_id)}
    message: Json = {"message_id": row.message_id, **author, "chat": chat, "date": row.date, **shown}
    for key in ("entities", "caption_entities"):
        if key in message:
            message[key] = [_with_user(world, entity) for entity in message[key]]
    answered = row.body.get("_reply_to")
    if answered and not nested:
        original = find(world, row.chat_id, answered)
        if original is not None:
            message["reply_to_message"] = seen(world, original, nested=True)
    return message


def _with_user(world: World, entity: Json) -> Json:
    if "_user_id" not in entity:
        return entity
    public = {key: value for key, value in entity.items() if key != "_user_id"}
    return public | {"user": people.user(world, entity["_user_id"])}


def shown(world: World, row: Row) -> Json:
    """Return a message as the page sees it: with everybody's reactions, and in a channel with its real author."""
    force = {"force_reply": row.body["_force_reply"]} if "_force_reply" in row.body else {}
    return seen(world, row) | {"reactions": row.reactions, "from": people.user(world, row.sender_id)} | force


def add(world: World, chat_id: int, sender_id: int, body: Json) -> Row:
    """Add a message to a chat and show it on the page."""
    world.run("UPDATE chats SET last_message_id = last_message_id + 1 WHERE id = ?", chat_id)
    numbered = world.row("SELECT last_message_id FROM chats WHERE id = ?", chat_id)
    if numbered is None:
        raise bad_request("chat not found")
    body = {key: value for key, value in body.items() if value is not None}
    row = Row(chat_id, numbered["last_message_id"], sender_id, world.date, body, {})
    values = (row.chat_id, row.message_id, row.sender_id, row.date, dumps(body), "{}")
    world.run("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)", *values)
    world.tell("message", chat=chat_id, message=shown(world, row))
    return row


def edit(world: World, row: Row, changes: Json) -> Row:
    """Change parts of a message; None removes a part. Raises «message is not modified» if nothing changes."""
    body = {key: value for key, value in (row.body | changes).items() if value is not None}
    if body == row.body:
        raise bad_request(NOT_MODIFIED)
    only_buttons = {**body, "reply_markup": 0} == {**row.body, "reply_markup": 0}
    if not only_buttons:
        body["edit_date"] = world.date
    world.run(
        "UPDATE messages SET body = ? WHERE chat_id = ? AND message_id = ?", dumps(body), row.chat_id, row.message_id
    )
    changed = Row(row.chat_id, row.message_id, row.sender_id, row.date, body, row.reactions)
    world.tell("message", chat=row.chat_id, message=shown(world, changed))
    return changed


def react(world: World, row: Row, user_id: int, emoji: list[str]) -> Row:
    """Replace one user's reactions to a message."""
    reactions = {key: value for key, value in row.reactions.items() if key != str(user_id)}
    if emoji:
        reactions[str(user_id)] = emoji
    world.run(
        "UPDATE messages SET reactions = ? WHERE chat_id = ? AND message_id = ?",
        dumps(reactions),
        row.chat_id,
        row.message_id,
    )
    changed = Row(row.chat_id, row.message_id, row.sender_id, row.date, row.body, reactions)
    world.tell("message", chat=row.chat_id, message=shown(world, changed))
    return changed


def delete(world: World, row: Row) -> None:
    """Delete a message for everybody."""
    world.run("DELETE FROM messages WHERE chat_id = ? AND message_id = ?", row.chat_id, row.message_id)
    world.tell("deleted", chat=row.chat_id, message_id=row.message_id)
