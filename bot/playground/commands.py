"""The bot's command menus by scope and language, and which of them a person sees."""

from bot.playground import people
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World, dumps


def save(world: World, scope: Json, language: str, commands: list[Json]) -> None:
    """Set the menu of a scope in a language. An empty menu is deleted."""
    for command in commands:
        if not str(command.get("command", "")).lstrip("/").replace("_", "").isalnum():
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    menus = world.setting("commands", {})
    listed = [{"command": one["command"].lstrip("/").lower(), "description": one["description"]} for one in commands]
    menus[_key(scope, language)] = listed
    world.keep("commands", {key: menu for key, menu in menus.items() if menu})
    world.tell("commands")


def exactly(world: World, scope: Json, language: str) -> list[Json]:
    """Return the menu of exactly this scope and language."""
    return list(world.setting("commands", {}).get(_key(scope, language), []))


def seen_by(world: World, chat_id: int, user_id: int) -> list[Json]:
    """Return the menu that a person sees in a chat: the narrowest scope wins, then the person's language."""
    language = str(people.user(world, user_id).get("language_code", "")).split("-")[0]
    menus = world.setting("commands", {})
    for scope in _scopes(world, chat_id, user_id):
        for code in (language, ""):
            if menu := menus.get(_key(scope, code)):
                return list(menu)
    return []


def _scopes(world: World, chat_id: int, user_id: int) -> list[Json]:
    if chat_id > 0:
        return [{"type": "chat", "chat_id": chat_id}, {"type": "all_private_chats"}, {"type": "default"}]
    in_charge = people.in_charge(world, chat_id, user_id)
    scopes: list[Json] = [{"type": "chat_member", "chat_id": chat_id, "user_id": user_id}]
    scopes += [{"type": "chat_administrators", "chat_id": chat_id}] if in_charge else []
    scopes += [{"type": "chat", "chat_id": chat_id}]
    scopes += [{"type": "all_chat_administrators"}] if in_charge else []
    return [*scopes, {"type": "all_group_chats"}, {"type": "default"}]


def _key(scope: Json, language: str) -> str:
    known = {key: int(scope[key]) for key in ("chat_id", "user_id") if key in scope}
    return dumps({"type": scope.get("type", "default"), **known, "language": language})
