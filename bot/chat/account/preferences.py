"""/settings: the language and the defaults of new panels, of a person in private and of a group in a group."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from telegram import ChatMember, InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons.panel import Word
from bot.chat.buttons.preferences import ExplainSetting, ResetDefaults, SetDirection, SetLanguage, SetScale, SetStyle
from bot.chat.cards.panel import SINGLE
from bot.chat.cards.widgets import ARROWS, button, private_chat_keyboard, style_name
from bot.chat.choice import SCALES, Choice
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import remember
from bot.chat.telegram.menu import set_menu_in
from bot.chat.telegram.visit import Visit, speak
from bot.chat.texts import LANGUAGES, Texts
from bot.services import Services
from inference.canvas import Direction
from inference.engine import Style
from storage.models import Chat, MessageKind, Person
from storage.people.people import Settings

AUTO = "auto"


async def settings(services: Services, visit: Visit) -> None:
    """Show the settings. In a group, anybody but an administrator gets a link to their own."""
    if not await _may_change(visit):
        await visit.reply("settings.admins", markup=private_chat_keyboard(visit, "settings"))
        return
    row = _owner(visit)
    sent = await visit.reply(_caption(visit), markup=_keyboard(visit.say, row))
    await remember(services, (visit.chat.id, sent.message_id), MessageKind.SETTINGS, visit.person.id)


async def set_language(services: Services, visit: Visit, tap: SetLanguage) -> None:
    """Set the language."""
    if tap.language not in (*LANGUAGES, AUTO):
        await visit.toast("tap.stale")
        return
    language = None if tap.language == AUTO else tap.language
    if await _save(services, visit, language=language):
        await set_menu_in(visit.bot, visit.chat.id, language)


async def set_direction(services: Services, visit: Visit, tap: SetDirection) -> None:
    """Set the default direction."""
    await _save(services, visit, direction=tap.direction)


async def set_scale(services: Services, visit: Visit, tap: SetScale) -> None:
    """Set the default scale."""
    if tap.percent / 100 in SCALES:
        await _save(services, visit, scale=tap.percent / 100)
    else:
        await visit.toast("tap.stale")


async def set_style(services: Services, visit: Visit, tap: SetStyle) -> None:
    """Set the default style."""
    await _save(services, visit, style=tap.style)


async def reset_defaults(services: Services, visit: Visit, tap: ResetDefaults) -> None:
    """Reset all defaults of new panels."""
    await _save(services, visit, direction=None, scale=None, style=None)


async def explain(_services: Services, visit: Visit, tap: ExplainSetting) -> None:
    """Say what a row of settings is for."""
    await visit.toast(f"panel.about.{tap.word}", alert=True)


async def _save(services: Services, visit: Visit, **chosen: Unpack[Settings]) -> bool:
    """Save settings if the visitor may, and update the message. Returns whether it was allowed."""
    if not await _may_change(visit):
        await visit.toast("settings.admins", alert=True)
        return False
    if visit.private:
        await services.people.choose(visit.person.id, **chosen)
    else:
        await services.people.choose_chat(visit.chat.id, **chosen)
    after = await _refreshed(services, visit)
    await after.toast("settings.saved")
    if visit.message is not None:
        text = after.say.html(_caption(after))
        await edit(visit.message.edit_text(text, reply_markup=_keyboard(after.say, _owner(after))))
    return True


async def _refreshed(services: Services, visit: Visit) -> Visit:
    """Return the visit with the saved settings and the language that they choose."""
    person = await services.people.person(visit.person.id) or visit.person
    chat = await services.people.chat(visit.chat.id) or visit.chat
    say, whisper = speak(person, chat)
    return replace(visit, person=person, chat=chat, say=say, whisper=whisper)


async def _may_change(visit: Visit) -> bool:
    """Tell whether the visitor may change the settings: a person their own, an administrator those of the group."""
    if visit.private:
        return True
    if visit.query is None and visit.message is not None and visit.message.sender_chat is not None:
        return visit.message.sender_chat.id == visit.chat.id
    member = await visit.bot.get_chat_member(visit.chat.id, visit.person.id)
    return member.status in (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


def _owner(visit: Visit) -> Person | Chat:
    return visit.person if visit.private else visit.chat


def _caption(visit: Visit) -> str:
    return "settings.person" if visit.private else "settings.group"


def _keyboard(say: Texts, row: Person | Chat) -> InlineKeyboardMarkup:
    """Return the buttons of all settings, each row headed by a word. What is in use is marked, chosen or default."""
    first = Choice()
    direction, scale = Direction(row.direction or first.direction), row.scale or first.scale
    style, language = Style(row.style or first.style), row.language or AUTO
    arrows = [button(ARROWS[d], SetDirection(d), chosen=d is direction) for d in ARROWS]
    auto, *languages = [
        button(say(f"settings.language.{name}"), SetLanguage(name), chosen=name == language)
        for name in (AUTO, *LANGUAGES)
    ]
    sizes = [button(f"{s:g}×", SetScale(round(s * 100)), chosen=s == scale) for s in SCALES]
    first_style, *styles = [button(style_name(say, s), SetStyle(s), chosen=s is style) for s in Style]
    return InlineKeyboardMarkup(
        [
            [_head(say, Word.LANGUAGE), auto],
            languages,
            [_head(say, Word.SIDE), *arrows[:SINGLE]],
            [_head(say, Word.SIDES), *arrows[SINGLE:]],
            [_head(say, Word.SIZE), *sizes],
            [_head(say, Word.STYLE), first_style],
            styles,
            [button(say("settings.reset"), ResetDefaults())],
        ]
    )


def _head(say: Texts, word: Word) -> InlineKeyboardButton:
    return button(say(f"panel.word.{word}"), ExplainSetting(word))
