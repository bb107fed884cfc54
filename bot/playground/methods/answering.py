"""Methods that answer people: button taps, inline queries and reactions."""

from collections.abc import Callable
from typing import Any

from bot.playground import content, entities, messages, people, queries, reactions
from bot.playground.call import Call
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World

TOAST_LENGTH = 200
INLINE_RESULTS = 50
KINDS = ("user", "bot", "group", "channel")  # of chats that a prepared message may be sent to


def answer_callback_query(world: World, call: Call) -> bool:
    """answerCallbackQuery: stop the button's spinner, and show a toast or an alert if there is a text."""
    text = call.text("text")
    if entities.length(text) > TOAST_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    query_id = call.text("callback_query_id")
    user_id, place = queries.answer(world, "callback", query_id)
    alert, url = call.flag("show_alert"), call.text("url")
    world.tell("answer", query=query_id, user=user_id, text=text, alert=alert, url=url, **place)
    return True


def answer_inline_query(world: World, call: Call) -> bool:
    """answerInlineQuery: show up to 50 results."""
    results = call.json("results", [])
    if len(results) > INLINE_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if len({result["id"] for result in results}) < len(results):
        raise bad_request("RESULT_ID_DUPLICATE")
    for result in results:
        _check_buttons(result)
    query_id = call.text("inline_query_id")
    user_id, asked = queries.answer(world, "inline", query_id)
    chosen_from = queries.ask(world, "results", user_id, query=asked["query"], results=results)
    button = call.json("button")
    world.tell("results", query=query_id, user=user_id, results=results, results_id=chosen_from, button=button)
    return True


def save_prepared_inline_message(world: World, call: Call) -> Json:
    """savePreparedInlineMessage: store a result that a Mini App lets its user send to a chat of the allowed kinds."""
    user_id, result = call.integer("user_id"), call.json("result")
    people.user(world, user_id)
    _check_buttons(result)
    allowed = [kind for kind in KINDS if call.flag(f"allow_{kind}_chats")]
    if not allowed:
        raise bad_request("PEER_TYPES_INVALID")
    message_id = queries.ask(world, "prepared", user_id, result=result, allowed=allowed)
    return {"id": message_id, "expiration_date": int(world.now) + queries.LIFETIME}


def set_message_reaction(world: World, call: Call) -> bool:
    """setMessageReaction: a bot may set at most one reaction."""
    chat_id = call.integer("chat_id")
    people.reachable(world, chat_id)
    row = messages.get(world, chat_id, call.integer("message_id"), "react")
    wanted = call.json("reaction", [])
    if len(wanted) > 1 or any(one.get("type") != "emoji" for one in wanted):
        raise bad_request("REACTIONS_TOO_MANY" if len(wanted) > 1 else "REACTION_INVALID")
    reactions.put(world, row, world.bot_id, [one["emoji"] for one in wanted])
    return True


def _check_buttons(result: Json) -> None:
    for button in (button for row in result.get("reply_markup", {}).get("inline_keyboard", []) for button in row):
        content.check_button(button)


METHODS: dict[str, Callable[[World, Call], Any]] = {
    "answerCallbackQuery": answer_callback_query,
    "answerInlineQuery": answer_inline_query,
    "savePreparedInlineMessage": save_prepared_inline_message,
    "setMessageReaction": set_message_reaction,
}
