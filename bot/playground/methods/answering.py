"""Methods that answer people: button taps, inline queries and reactions."""

from collections.abc import Callable
from typing import Any

from bot.playground import content, entities, messages, people, queries, reactions
from bot.playground.call import Call
from bot.playground.refusals import bad_request
from bot.playground.world import World

TOAST_LENGTH = 200
INLINE_RESULTS = 50


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
        for button in (button for row in result.get("reply_markup", {}).get("inline_keyboard", []) for button in row):
            content.check_button(button)
    query_id = call.text("inline_query_id")
    user_id, asked = queries.answer(world, "inline", query_id)
    chosen_from = queries.ask(world, "results", user_id, query=asked["query"], results=results)
    button = call.json("button")
    world.tell("results", query=query_id, user=user_id, results=results, results_id=chosen_from, button=button)
    return True


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


METHODS: dict[str, Callable[[World, Call], Any]] = {
    "answerCallbackQuery": answer_callback_query,
    "answerInlineQuery": answer_inline_query,
    "setMessageReaction": set_message_reaction,
}
