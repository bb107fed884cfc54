"""The Bot API's methods by name: plain functions of the world and the call."""

from collections.abc import Callable
from typing import Any

from bot.playground.call import Call
from bot.playground.methods import answering, chats, editing, profile, sending
from bot.playground.world import World

Method = Callable[[World, Call], Any]

METHODS: dict[str, Method] = {
    name.lower(): method
    for table in (sending.METHODS, editing.METHODS, answering.METHODS, profile.METHODS, chats.METHODS)
    for name, method in table.items()
}
