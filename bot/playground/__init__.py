"""A local Telegram: a Bot API server and a chat page for one machine."""

from bot.playground.message import Message
from bot.playground.person import Person
from bot.playground.playground import DEFAULT_TOKEN, Playground

__all__ = ["DEFAULT_TOKEN", "Message", "Person", "Playground"]
