"""Sets the command menu and the bot's description in every supported language."""

from __future__ import annotations

import structlog
from telegram import BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.chat.telegram.visit import Bot
from bot.chat.texts import DEFAULT, LANGUAGES, Texts, texts

log = structlog.get_logger()

MENU = (
    "expand",
    "gallery",
    "top",
    "mine",
    "verify",
    "settings",
    "cancel",
    "help",
    "privacy",
    "mydata",
    "forget",
    "start",
)


async def set_menu(bot: Bot) -> None:
    """Send the commands and descriptions to Telegram. Users of other languages see the default language."""
    for language in LANGUAGES:
        say, code = texts(language), None if language == DEFAULT else language
        await bot.set_my_commands(commands(say), language_code=code)
        await bot.set_my_short_description(say("about.short"), language_code=code)
        await bot.set_my_description(say("about.long"), language_code=code)


async def set_menu_in(bot: Bot, chat_id: int, language: str | None) -> None:
    """Set the commands of one chat to a language. None restores the commands that all chats have.

    A failure is only logged: the menu is a convenience, and the command that asked for it goes on.
    """
    scope = BotCommandScopeChat(chat_id)
    try:
        if language is None:
            await bot.delete_my_commands(scope)
        else:
            await bot.set_my_commands(commands(texts(language)), scope)
    except TelegramError as error:
        log.info("menu.not_set", chat=chat_id, reason=str(error))


def commands(say: Texts) -> list[BotCommand]:
    """Return the menu entries in the language of the given texts."""
    return [BotCommand(name, say(f"menu.{name}")) for name in MENU]
