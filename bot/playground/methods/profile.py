"""Methods about the bot itself: its identity, menus, texts and webhook status."""

from collections.abc import Callable
from typing import Any

from bot.playground import commands, people, updates
from bot.playground.call import Call
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World

LONGEST = {"name": 64, "description": 512, "short_description": 120}


def get_me(world: World, _: Call) -> Json:
    """getMe."""
    return people.user(world, world.bot_id) | {
        "can_join_groups": True,
        "can_read_all_group_messages": bool(world.setting("reads_all", False)),
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
        "supports_guest_queries": False,
    }


def set_my_commands(world: World, call: Call) -> bool:
    """setMyCommands."""
    commands.save(world, call.json("scope", {}), call.text("language_code"), call.json("commands", []))
    return True


def delete_my_commands(world: World, call: Call) -> bool:
    """deleteMyCommands."""
    commands.save(world, call.json("scope", {}), call.text("language_code"), [])
    return True


def get_my_commands(world: World, call: Call) -> list[Json]:
    """getMyCommands."""
    return commands.exactly(world, call.json("scope", {}), call.text("language_code"))


def _set(what: str) -> Callable[[World, Call], bool]:
    def setter(world: World, call: Call) -> bool:
        value = call.text(what)
        if len(value) > LONGEST[what]:
            raise bad_request(f"{what.replace('_', ' ')} is too long")
        texts = world.setting(what, {}) | {call.text("language_code"): value}
        world.keep(what, {language: text for language, text in texts.items() if text})
        world.tell("bot")
        return True

    return setter


def _get(what: str) -> Callable[[World, Call], Json]:
    def getter(world: World, call: Call) -> Json:
        return {what: in_language(world, what, call.text("language_code"))}

    return getter


def in_language(world: World, what: str, language: str) -> str:
    """Return a text about the bot in a language, or else the default one."""
    texts: dict[str, str] = world.setting(what, {})
    default = people.user(world, world.bot_id)["first_name"] if what == "name" else ""
    return texts.get(language.split("-")[0]) or texts.get("", default)


def set_menu_button(world: World, call: Call) -> bool:
    """setChatMenuButton."""
    buttons = world.setting("menu_buttons", {})
    buttons[call.text("chat_id")] = call.json("menu_button", {"type": "default"})
    world.keep("menu_buttons", buttons)
    world.tell("commands")
    return True


def get_menu_button(world: World, call: Call) -> Json:
    """getChatMenuButton."""
    return menu_button(world, call.text("chat_id"))


def menu_button(world: World, chat: str) -> Json:
    """Return what the button beside the message field does in a chat."""
    buttons = world.setting("menu_buttons", {})
    found = buttons.get(chat) or buttons.get("") or {"type": "default"}
    return {"type": "commands"} if found["type"] == "default" else dict(found)


def get_webhook_info(world: World, _: Call) -> Json:
    """getWebhookInfo."""
    hook = world.setting("webhook") or {}
    info = {"url": hook.get("url", ""), "has_custom_certificate": False, "pending_update_count": updates.count(world)}
    if hook:
        info |= {"max_connections": 1} | world.setting("webhook_error", {})
    allowed = world.setting("allowed_updates", [])
    return info | ({"allowed_updates": allowed} if allowed else {})


def _yes(_world: World, _call: Call) -> bool:
    return True


METHODS: dict[str, Callable[[World, Call], Any]] = {
    "getMe": get_me,
    "setMyCommands": set_my_commands,
    "deleteMyCommands": delete_my_commands,
    "getMyCommands": get_my_commands,
    "setMyName": _set("name"),
    "getMyName": _get("name"),
    "setMyDescription": _set("description"),
    "getMyDescription": _get("description"),
    "setMyShortDescription": _set("short_description"),
    "getMyShortDescription": _get("short_description"),
    "setChatMenuButton": set_menu_button,
    "getChatMenuButton": get_menu_button,
    "getWebhookInfo": get_webhook_info,
    "close": _yes,
    "logOut": _yes,
}
