"""Methods that send new messages."""

import secrets
from collections.abc import Callable
from typing import Any

from bot.playground import content, messages, people
from bot.playground.call import Call
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World

ALBUM = 10
PASSED_ON = ("text", "entities", "caption", "caption_entities", "has_media_spoiler", *messages.MEDIA)


def send_message(world: World, call: Call) -> Json:
    """sendMessage."""
    return _send(world, call, content.text(call))


def _send_medium(kind: str) -> Callable[[World, Call], Json]:
    def send(world: World, call: Call) -> Json:
        people.reachable(world, call.integer("chat_id"))
        medium = content.medium(world, call, kind, kind, call.text(kind))
        captioned = content.caption(call) if kind in content.CAPTIONED else {}
        return _send(world, call, content.with_medium(medium, call.parameters) | captioned)

    return send


def _send(world: World, call: Call, body: Json) -> Json:
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    whole = body | content.markup(call) | content.reply(world, call, chat_id)
    return messages.seen(world, messages.add(world, chat_id, world.bot_id, whole))


def send_media_group(world: World, call: Call) -> list[Json]:
    """sendMediaGroup: send an album of two to ten items. It cannot carry buttons."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    items = call.json("media", [])
    if not items:
        raise bad_request("there are no messages to send")
    if len(items) > ALBUM:
        raise bad_request("too many messages to send as an album")
    kinds = {item["type"] for item in items}
    if kinds - {"photo", "video"} and len(kinds) > 1:
        raise bad_request("can't use the media of the specified type in the album")
    album = {"media_group_id": str(secrets.randbits(53))} | content.reply(world, call, chat_id)
    sent = []
    for item in items:
        medium = content.medium(world, call, "", item["type"], str(item.get("media", "")))
        body = content.with_medium(medium, item) | content.caption(item) | album
        sent.append(messages.seen(world, messages.add(world, chat_id, world.bot_id, body)))
    return sent


def send_chat_action(world: World, call: Call) -> bool:
    """sendChatAction: show an action for five seconds or until the next message."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    world.tell("action", chat=chat_id, action=call.text("action"))
    return True


def copy_message(world: World, call: Call) -> Json:
    """copyMessage: send the content without its origin."""
    body = _original(world, call, "copy")
    if call.parameters.get("caption") is not None:
        body |= content.caption(call)
    return {"message_id": _send(world, call, body)["message_id"]}


def forward_message(world: World, call: Call) -> Json:
    """forwardMessage: send the content with its origin."""
    source = messages.get(world, call.integer("from_chat_id"), call.integer("message_id"), "forward")
    return _send(world, call, _original(world, call, "forward") | {"forward_origin": origin(world, source)})


def _original(world: World, call: Call, purpose: str) -> Json:
    source = messages.get(world, call.integer("from_chat_id"), call.integer("message_id"), purpose)
    return passed_on(source)


def passed_on(source: messages.Row) -> Json:
    """Return the parts of a message that a forward or a copy keeps."""
    body = {key: source.body[key] for key in PASSED_ON if key in source.body}
    if not body:
        raise bad_request("message can't be forwarded")
    return body


def origin(world: World, source: messages.Row) -> Json:
    """Return where a forwarded message comes from. A forward of a forward keeps the first origin."""
    first: Any = source.body.get("forward_origin")
    if first:
        return dict(first)
    if people.is_channel(world, source.chat_id):
        chat = people.chat(world, source.chat_id)
        return {"type": "channel", "chat": chat, "message_id": source.message_id, "date": source.date}
    return {"type": "user", "sender_user": people.user(world, source.sender_id), "date": source.date}


METHODS: dict[str, Callable[[World, Call], Any]] = {
    "sendMessage": send_message,
    "sendPhoto": _send_medium("photo"),
    "sendDocument": _send_medium("document"),
    "sendAnimation": _send_medium("animation"),
    "sendVideo": _send_medium("video"),
    "sendSticker": _send_medium("sticker"),
    "sendAudio": _send_medium("audio"),
    "sendVoice": _send_medium("voice"),
    "sendMediaGroup": send_media_group,
    "sendChatAction": send_chat_action,
    "copyMessage": copy_message,
    "forwardMessage": forward_message,
}
