"""Inline mode: a person writes `@bot words` in any chat and chooses one of the bot's suggestions."""

import secrets

from bot.playground import acts, content, files, people, queries, updates
from bot.playground.call import Call
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World

CACHED = {
    "photo_file_id": "photo",
    "document_file_id": "document",
    "gif_file_id": "animation",
    "mpeg4_file_id": "animation",
    "video_file_id": "video",
    "sticker_file_id": "sticker",
}


def ask(world: World, user_id: int, chat_id: int, words: str, offset: str) -> str:
    """Ask the bot for suggestions. Returns the query's id, which the `results` event carries."""
    acts.enter(world, user_id, chat_id)
    query_id = queries.ask(world, "inline", user_id, query=words)
    chat_type = "sender" if chat_id > 0 else people.chat(world, chat_id)["type"]
    query = {"id": query_id, "from": people.user(world, user_id), "query": words, "offset": offset}
    updates.offer(world, "inline_query", query | {"chat_type": chat_type})
    return query_id


def choose(world: World, user_id: int, chat_id: int, results_id: str, result_id: str) -> Json:
    """Send one of the suggestions into the chat as the person's message, marked `via_bot`."""
    asker, asked = queries.answer(world, "results", results_id)
    found = next((result for result in asked["results"] if result["id"] == result_id), None)
    if found is None or asker != user_id:
        raise bad_request("RESULT_ID_INVALID")
    return _send(world, user_id, chat_id, found, asked["query"])


def send_prepared(world: World, user_id: int, chat_id: int, message_id: str) -> Json:
    """Send a message that the bot has prepared for a person, who chose the chat in a Mini App."""
    asker, asked = queries.answer(world, "prepared", message_id)
    if asker != user_id or not _kinds(world, chat_id) & set(asked["allowed"]):
        raise bad_request("MESSAGE_ID_INVALID")
    return _send(world, user_id, chat_id, asked["result"], "")


def _kinds(world: World, chat_id: int) -> set[str]:
    """Return what a bot may call a chat. The private chat with it stands for those with people, which are not here."""
    if chat_id > 0:
        return {"user", "bot"}
    return {"channel" if people.chat(world, chat_id)["type"] == "channel" else "group"}


def _send(world: World, user_id: int, chat_id: int, result: Json, query: str) -> Json:
    acts.enter(world, user_id, chat_id)
    body = _body(world, result) | {"via_bot": people.user(world, world.bot_id)}
    chosen: Json = {"result_id": result["id"], "from": people.user(world, user_id), "query": query}
    if body.get("reply_markup"):
        body["_inline"] = chosen["inline_message_id"] = secrets.token_urlsafe(20)
    updates.offer(world, "chosen_inline_result", chosen)
    return acts.send(world, user_id, chat_id, [body], None)[0]


def _body(world: World, result: Json) -> Json:
    buttons = content.markup(Call("", result)) if "reply_markup" in result else {}
    given = result.get("input_message_content")
    if given:
        return content.text(Call("", given | {"text": given.get("message_text", "")})) | buttons
    for key, kind in CACHED.items():
        if key in result:
            return (
                content.with_medium(files.known(world, result[key], kind), result) | content.caption(result) | buttons
            )
    raise bad_request(
        f"{result.get('type', '')} is unsupported for the inline query result: send a cached file or a text"
    )
