"""The sentences of the locale files, and where the code stands that says them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import bot
from bot.chat.texts import LOCALES

CODE = Path(bot.__file__).parent


@cache
def catalog(language: str) -> Catalog:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@cache
def sentences(language: str) -> dict[str, tuple[str, ...]]:
    """Return the forms of each key: one, or one per plural."""
    return {key_of(message): forms(message) for message in catalog(language) if message.id}


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)
