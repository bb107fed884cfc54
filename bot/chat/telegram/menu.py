"""The command menu and the bot's description, in every language that we speak."""

from __future__ import annotations

from telegram import BotCommand, BotCommandScopeChat

from bot.chat.telegram.visit import Bot
from bot.chat.texts import DEFAULT, LANGUAGES, Texts, texts

MENU = ("expand", "gallery", "top", "mine", "settings", "cancel", "help", "privacy", "mydata", "forget", "start")


async def set_menu(bot: Bot) -> None:
    """Tell Telegram once at each start; the default language also serves everybody else."""
    for language in LANGUAGES:
        say, code = texts(language), None if language == DEFAULT else language
        await bot.set_my_commands(commands(say), language_code=code)
        await bot.set_my_short_description(say("about.short"), language_code=code)
        await bot.set_my_description(say("about.long"), language_code=code)


async def set_menu_in(bot: Bot, chat_id: int, language: str | None) -> None:
    """The commands of one chat in the language that was chosen there; None: as everywhere."""
    scope = BotCommandScopeChat(chat_id)
    if language is None:
        await bot.delete_my_commands(scope)
    else:
        await bot.set_my_commands(commands(texts(language)), scope)


def commands(say: Texts) -> list[BotCommand]:
    return [BotCommand(name, say(f"menu.{name}")) for name in MENU]
